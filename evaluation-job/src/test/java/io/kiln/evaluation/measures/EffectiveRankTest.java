package io.kiln.evaluation.measures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EffectiveRankTest {
    /** Eigenvalues of the second difference matrix: 2 − 2 cos(kπ / (n + 1)), k = 1 … n. */
    @Test
    void eigenvaluesOfTheSecondDifferenceAreThoseOfTheClosedForm() {
        int n = 40;
        double[][] matrix = new double[n][n];
        for (int i = 0; i < n; i++) {
            matrix[i][i] = 2;
            if (i > 0) {
                matrix[i][i - 1] = -1;
                matrix[i - 1][i] = -1;
            }
        }
        double[] expected = new double[n];
        Arrays.setAll(expected, k -> 2 - 2 * Math.cos((k + 1) * Math.PI / (n + 1)));
        assertThat(SymmetricEigenvalues.of(matrix)).containsExactly(expected, within(1e-13));
    }

    /** Eigenvalues of a + bJ, J all ones: a, n − 1 times, and a + nb. */
    @Test
    void eigenvaluesOfAFullMatrixAreThoseOfTheClosedForm() {
        int n = 30;
        double[][] matrix = new double[n][n];
        for (int i = 0; i < n; i++) {
            Arrays.fill(matrix[i], 0.5);
            matrix[i][i] = 3.5;
        }
        double[] expected = new double[n];
        Arrays.fill(expected, 3);
        expected[n - 1] = 3 + n * 0.5;
        assertThat(SymmetricEigenvalues.of(matrix)).containsExactly(expected, within(1e-13));
    }

    @Test
    void traceAndSquaresOfEigenvaluesAreThoseOfTheMatrix() {
        Random random = new Random(7);
        int n = 60;
        double[][] matrix = new double[n][n];
        double trace = 0;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                matrix[i][j] = random.nextGaussian();
                matrix[j][i] = matrix[i][j];
            }
        }
        for (int i = 0; i < n; i++) {
            trace += matrix[i][i];
            for (int j = 0; j < n; j++) {
                squares += matrix[i][j] * matrix[i][j];
            }
        }
        double[] eigenvalues = SymmetricEigenvalues.of(matrix);
        assertThat(Arrays.stream(eigenvalues).sum()).isCloseTo(trace, within(1e-11));
        assertThat(Arrays.stream(eigenvalues).map(e -> e * e).sum())
                .isCloseTo(squares, within(1e-9));
    }

    /** To the last bit, whichever are fewer: equal features give equal evaluations. */
    @Test
    void productsOfRowsAndOfColumnsAreSumsInTheirOrder() {
        Random random = new Random(5);
        Features more = new Features(7, random.doubles(31 * 7, -1, 1).toArray());
        Features fewer = new Features(31, random.doubles(31 * 7, -1, 1).toArray());
        double[][] ofColumns = new double[7][7];
        double[][] ofRows = new double[7][7];
        for (int i = 0; i < 7; i++) {
            for (int j = 0; j < 7; j++) {
                for (int t = 0; t < 31; t++) {
                    ofColumns[i][j] += more.at(t, i) * more.at(t, j);
                    ofRows[i][j] += fewer.at(i, t) * fewer.at(j, t);
                }
            }
        }
        assertThat(EffectiveRank.gram(more)).isDeepEqualTo(ofColumns);
        assertThat(EffectiveRank.gram(fewer)).isDeepEqualTo(ofRows);
    }

    /** Equal singular values in r directions: the rank is r. */
    @Test
    void rankOfEqualDirectionsIsTheirNumber() {
        for (int r : new int[] {1, 2, 5, 16}) {
            double[] values = new double[64 * 16];
            for (int row = 0; row < 64; row++) {
                values[row * 16 + row % r] = 3;
            }
            int rows = 64 - 64 % r; // as many of each
            Features features = new Features(16, Arrays.copyOf(values, rows * 16));
            assertThat(EffectiveRank.of(features)).isCloseTo(r, within(1e-4 * r));
        }
    }

    /** Singular values 3 and 1: shares 3/4 and 1/4, rank exp(H) = 4 / 3^(3/4). */
    @Test
    void rankOfUnequalDirectionsIsTheClosedForm() {
        Features features = new Features(2, new double[] {3, 0, 0, 1});
        assertThat(EffectiveRank.of(features)).isCloseTo(4 / Math.pow(3, 0.75), within(1e-5));
        double c = Math.cos(0.4); // turning changes nothing
        double s = Math.sin(0.4);
        Features turned = new Features(2, new double[] {3 * c, 3 * s, -s, c});
        assertThat(EffectiveRank.of(turned)).isCloseTo(4 / Math.pow(3, 0.75), within(1e-5));
    }

    @Test
    void collapsedFeaturesHaveRankOneSpreadZeroAndAllChannelsDead() {
        Random random = new Random(3);
        double[] one = random.doubles(48).toArray();
        double[] values = new double[100 * 48];
        Arrays.setAll(values, i -> one[i % 48] * (1 + 1e-9 * random.nextGaussian()));
        Features features = new Features(48, values);
        assertThat(EffectiveRank.of(features)).isCloseTo(1, within(0.01));
        assertThat(FeatureSpread.of(features)).isCloseTo(0, within(1e-6));
        assertThat(FeatureSpread.dead(features)).isEqualTo(1);
    }

    @Test
    void featuresSpreadEvenlyHaveSpreadOneAndNearlyFullRank() {
        Random random = new Random(3);
        double[] values = new double[4000 * 32];
        Arrays.setAll(values, i -> random.nextGaussian());
        Features features = new Features(32, values);
        assertThat(EffectiveRank.of(features)).isBetween(31.5, 32.01);
        assertThat(FeatureSpread.of(features)).isCloseTo(1, within(0.02));
        assertThat(FeatureSpread.dead(features)).isZero();
    }

    @Test
    void deadChannelsAreThoseThatAreTheSameForAllImages() {
        Features features = new Features(4, new double[] {0, 7, 1, -2, 0, 7.00001, 2, -2});
        assertThat(FeatureSpread.dead(features)).isEqualTo(0.75);
    }

    @Test
    void rankOfNothingIsNoNumber() {
        assertThat(EffectiveRank.of(new Features(2, new double[6]))).isNaN();
        assertThat(EffectiveRank.of(new Features(1, new double[] {Double.NaN}))).isNaN();
    }
}
