package io.kiln.model.features;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A linear classifier: ridge regression of one-hot classes on standardised features. Its strength
 * is the one of five whose error is least when each training embedding in turn is left out, which a
 * formula gives without fitting anew (Golub, Heath and Wahba 1979). Takes time of the third power
 * of an embedding's size.
 */
public final class Ridge implements Classifier {
    /** Of the strength, in units of the number of training embeddings. */
    private static final double[] STRENGTHS = {1e-4, 1e-3, 1e-2, 1e-1, 1};

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Fit(double[][] weights, double error) {}

    @Override
    public int[] classify(double[][] train, int[] labels, int classes, double[][] test) {
        Scaling scaling = Scaling.of(train);
        double[][] features = scaling.apply(train);
        double[] shares = new double[classes];
        for (int label : labels) {
            shares[label] += 1.0 / labels.length;
        }
        double[][] targets = new double[train.length][classes];
        for (int i = 0; i < targets.length; i++) {
            for (int c = 0; c < classes; c++) {
                targets[i][c] = (labels[i] == c ? 1 : 0) - shares[c];
            }
        }
        double[][] gram = gram(features);
        double[][] moments = moments(features, targets);
        Fit best =
                Arrays.stream(STRENGTHS)
                        .mapToObj(
                                strength ->
                                        fit(
                                                gram,
                                                moments,
                                                strength * train.length,
                                                features,
                                                targets))
                        .reduce((one, other) -> one.error <= other.error ? one : other)
                        .orElseThrow();
        return Arrays.stream(scaling.apply(test))
                .mapToInt(row -> Vectors.largest(scores(best.weights, shares, row)))
                .toArray();
    }

    private static double[] scores(double[][] weights, double[] shares, double[] row) {
        double[] scores = shares.clone();
        for (int c = 0; c < scores.length; c++) {
            scores[c] += Vectors.dot(weights[c], row, row.length);
        }
        return scores;
    }

    private static Fit fit(
            double[][] gram,
            double[][] moments,
            double strength,
            double[][] features,
            double[][] targets) {
        Cholesky factor = Cholesky.of(gram, strength);
        double[][] weights = Arrays.stream(moments).map(factor::solve).toArray(double[][]::new);
        double[] none = new double[weights.length];
        double[] errors =
                IntStream.range(0, features.length)
                        .parallel()
                        .mapToDouble(
                                i ->
                                        leftOut(
                                                factor,
                                                weights,
                                                features[i],
                                                targets[i],
                                                features.length))
                        .toArray();
        double error = 0;
        for (double one : errors) { // in order: a parallel sum depends on the number of cores
            error += one;
        }
        return new Fit(weights, error);
    }

    /** Squared error of one embedding if it were left out. */
    private static double leftOut(
            Cholesky factor, double[][] weights, double[] row, double[] target, int rows) {
        double[] half = factor.forward(row);
        double own = Vectors.dot(half, half, half.length) + 1.0 / rows;
        double[] found = scores(weights, new double[weights.length], row);
        double sum = 0;
        for (int c = 0; c < found.length; c++) {
            double left = target[c] - found[c];
            sum += left * left;
        }
        double kept = Math.max(1 - own, 1e-9);
        return sum / (kept * kept);
    }

    /** Sums of products of features, [features, features]. */
    private static double[][] gram(double[][] rows) {
        int size = rows[0].length;
        double[][] gram = new double[size][size];
        IntStream.range(0, size)
                .parallel()
                .forEach(
                        i -> {
                            for (double[] row : rows) {
                                double value = row[i];
                                for (int j = 0; j <= i; j++) {
                                    gram[i][j] += value * row[j];
                                }
                            }
                        });
        return gram;
    }

    /** Sums of products of targets and features, [classes, features]. */
    private static double[][] moments(double[][] rows, double[][] targets) {
        double[][] moments = new double[targets[0].length][rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            for (int c = 0; c < moments.length; c++) {
                for (int j = 0; j < rows[i].length; j++) {
                    moments[c][j] += targets[i][c] * rows[i][j];
                }
            }
        }
        return moments;
    }
}
