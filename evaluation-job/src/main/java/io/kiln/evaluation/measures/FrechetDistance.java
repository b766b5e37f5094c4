package io.kiln.evaluation.measures;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The squared Fréchet distance of two sets of features, each taken as a normal distribution with
 * its mean and covariance (Dowson and Landau, "The Fréchet distance between multivariate normal
 * distributions", Journal of Multivariate Analysis 12, 1982): what FID is of Inception's features
 * (Heusel et al., NeurIPS 2017). The covariances have n − 1 in the denominator. It grows as sets
 * shrink, so compare it only with that of sets of the same sizes.
 */
public final class FrechetDistance {
    private FrechetDistance() {}

    /** Of two sets, each of at least two images. */
    public static double of(Features first, Features second) {
        double[] firstMean = mean(first);
        double[] secondMean = mean(second);
        double distance = 0;
        for (int i = 0; i < firstMean.length; i++) {
            distance += (firstMean[i] - secondMean[i]) * (firstMean[i] - secondMean[i]);
        }
        double[][] a = centred(first, firstMean);
        double[][] b = centred(second, secondMean);
        return distance + squares(a) + squares(b) - 2 * nuclearNorm(a, b);
    }

    /**
     * Mean of the distance over random divisions of both sets together into two of the same sizes.
     *
     * @param times divisions
     */
    public static double byChance(Features first, Features second, int times) {
        List<Integer> order =
                new ArrayList<>(
                        IntStream.range(0, first.images() + second.images()).boxed().toList());
        Random random = new Random(times); // the same divisions each time
        double sum = 0;
        for (int i = 0; i < times; i++) {
            Collections.shuffle(order, random);
            int n = first.images();
            sum +=
                    of(
                            chosen(first, second, order.subList(0, n)),
                            chosen(first, second, order.subList(n, order.size())));
        }
        return sum / times;
    }

    private static Features chosen(Features first, Features second, List<Integer> images) {
        int size = first.size();
        double[] values = new double[images.size() * size];
        for (int i = 0; i < images.size(); i++) {
            int image = images.get(i);
            boolean ofFirst = image < first.images();
            System.arraycopy(
                    ofFirst ? first.values() : second.values(),
                    (ofFirst ? image : image - first.images()) * size,
                    values,
                    i * size,
                    size);
        }
        return new Features(size, values);
    }

    private static double[] mean(Features features) {
        double[] mean = new double[features.size()];
        for (int row = 0; row < features.images(); row++) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += features.at(row, i) / features.images();
            }
        }
        return mean;
    }

    /**
     * Rows less their mean, over the root of n − 1: their products with themselves are covariances.
     */
    private static double[][] centred(Features features, double[] mean) {
        double[][] rows = new double[features.images()][mean.length];
        double scale = Math.sqrt(features.images() - 1.0);
        for (int row = 0; row < rows.length; row++) {
            for (int i = 0; i < mean.length; i++) {
                rows[row][i] = (features.at(row, i) - mean[i]) / scale;
            }
        }
        return rows;
    }

    private static double squares(double[][] rows) {
        double sum = 0;
        for (double[] row : rows) {
            for (double value : row) {
                sum += value * value;
            }
        }
        return sum;
    }

    /**
     * Trace of the root of the product of the covariances AᵀA and BᵀB: the sum of the singular
     * values of A·Bᵀ, which is no larger than the number of images.
     */
    private static double nuclearNorm(double[][] a, double[][] b) {
        double[][] fewer = a.length <= b.length ? a : b;
        double[][] more = a.length <= b.length ? b : a;
        double[][] product = products(fewer, more);
        double[] squares = SymmetricEigenvalues.of(products(product, product));
        double sum = 0;
        for (double square : squares) {
            sum += Math.sqrt(Math.max(0, square));
        }
        return sum;
    }

    private static double[][] products(double[][] a, double[][] b) {
        double[][] products = new double[a.length][b.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b.length; j++) {
                double sum = 0;
                for (int t = 0; t < a[i].length; t++) {
                    sum += a[i][t] * b[j][t];
                }
                products[i][j] = sum;
            }
        }
        return products;
    }
}
