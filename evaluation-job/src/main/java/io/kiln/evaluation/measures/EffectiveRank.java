package io.kiln.evaluation.measures;

/**
 * The effective rank of features: the exponential of the entropy of their singular values (Roy and
 * Vetterli, "The effective rank", EUSIPCO 2007), as RankMe takes it of an encoder (Garrido et al.,
 * "RankMe: Assessing the Downstream Performance of Pretrained Self-Supervised Representations by
 * Their Rank", ICML 2023, equation 1). Features are not centred. 1: all images lie on one line
 * through 0, as those of a collapsed encoder do. At most the smaller of images and features: all
 * directions are used equally.
 */
public final class EffectiveRank {
    /** As in the paper: added to each share. */
    private static final double EPSILON = 1e-7;

    private EffectiveRank() {}

    /**
     * @return from 1 to about the smaller of images and features; NaN if all features are 0, or one
     *     is not finite
     */
    public static double of(Features features) {
        double[] squares = SymmetricEigenvalues.of(gram(features));
        double sum = 0;
        for (int i = 0; i < squares.length; i++) {
            squares[i] = Math.sqrt(Math.max(0, squares[i])); // the singular values
            sum += squares[i];
        }
        if (!(sum > 0) || !Double.isFinite(sum)) {
            return Double.NaN;
        }
        double entropy = 0;
        for (double value : squares) {
            double share = value / sum + EPSILON;
            entropy -= share * StrictMath.log(share);
        }
        return StrictMath.exp(entropy);
    }

    /** Inner products of the rows or of the columns, whichever are fewer. */
    static double[][] gram(Features features) {
        double[][] gram =
                features.images() <= features.size() ? ofRows(features) : ofColumns(features);
        for (int i = 0; i < gram.length; i++) {
            for (int j = 0; j < i; j++) {
                gram[j][i] = gram[i][j];
            }
        }
        return gram;
    }

    private static double[][] ofRows(Features features) {
        int n = features.images();
        double[][] gram = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int t = 0; t < features.size(); t++) {
                    sum += features.at(i, t) * features.at(j, t);
                }
                gram[i][j] = sum;
            }
        }
        return gram;
    }

    /** Row by row, as they lie in memory: down two columns takes many times as long. */
    private static double[][] ofColumns(Features features) {
        int n = features.size();
        double[][] gram = new double[n][n];
        for (int t = 0; t < features.images(); t++) {
            for (int i = 0; i < n; i++) {
                double value = features.at(t, i);
                for (int j = 0; j <= i; j++) {
                    gram[i][j] += value * features.at(t, j);
                }
            }
        }
        return gram;
    }
}
