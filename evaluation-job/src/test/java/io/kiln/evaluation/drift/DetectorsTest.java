package io.kiln.evaluation.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The detectors against SciPy 1.17.1 ({@code stats.ks_2samp(method="exact")}, {@code
 * stats.norm.ppf}) and River 0.26.1 ({@code drift.PageHinkley(alpha=1, mode="both")}).
 */
class DetectorsTest {
    /** Numbers between 0 and 1 that any language makes alike. */
    private static double[] numbers(int count, double a, double b) {
        return IntStream.range(0, count)
                .mapToDouble(
                        i -> {
                            double value = Math.sin(a * i + b) * 10000;
                            return value - Math.floor(value);
                        })
                .toArray();
    }

    private static double[] sorted(double... values) {
        return Arrays.stream(values).sorted().toArray();
    }

    private static void requireTest(double[] x, double[] y, double statistic, double pValue) {
        double found = KolmogorovSmirnov.statistic(x, y);
        assertThat(found).isCloseTo(statistic, within(1e-12));
        assertThat(KolmogorovSmirnov.pValue(found, x.length, y.length))
                .isCloseTo(pValue, within(1e-12));
    }

    @Test
    void kolmogorovSmirnovIsThatOfScipy() {
        double[] x = sorted(numbers(40, 1.1, 0.3));
        double[] y = Arrays.stream(numbers(25, 1.7, 0.9)).map(v -> v * 0.8 + 0.15).toArray();
        requireTest(x, sorted(y), 0.17, 0.701269082355331);
        double[] higher = Arrays.stream(y).map(v -> v + 0.35).toArray();
        requireTest(x, sorted(higher), 0.48, 0.0009777876226254483);
        requireTest(sorted(1, 2, 2, 3, 5, 8), sorted(2, 3, 3, 9), 0.25, 0.9952380952380953);
        requireTest(x, x, 0, 1);
    }

    @Test
    void whatIsNoNumberIsBehindAllNumbers() {
        double[] one = sorted(1, 2, Double.NaN);
        assertThat(KolmogorovSmirnov.statistic(one, sorted(1, 2, 3)))
                .isCloseTo(1 / 3.0, within(1e-12));
        assertThat(KolmogorovSmirnov.statistic(one, one)).isZero();
    }

    @Test
    void quantilesAreThoseOfScipy() {
        double[][] known = {
            {1e-6, -4.753424308822899},
            {0.001, -3.090232306167813},
            {0.02425, -1.972961051311885},
            {0.3, -0.5244005127080409},
            {0.5, 0},
            {0.9, 1.2815515655446004},
            {0.9981, 2.8943040530514264},
        };
        for (double[] one : known) {
            assertThat(NormalQuantile.of(one[0])).isCloseTo(one[1], within(2e-6));
        }
    }

    @Test
    void pageHinkleyIsThatOfRiver() {
        assertThat(found(0.5, 8, 1.2, 300)).containsExactly(177, 308);
        assertThat(found(0.05, 5, 0.8, 250))
                .containsExactly(40, 76, 106, 155, 185, 226, 257, 287, 324, 365);
    }

    /** Where shifts are found in 400 numbers that are higher from number 150 to another one. */
    private static List<Integer> found(double slack, double threshold, double shift, int to) {
        double[] numbers = numbers(400, 1.3, 0.2);
        List<Integer> found = new ArrayList<>();
        PageHinkley test = new PageHinkley(slack, threshold, 30);
        for (int i = 0; i < numbers.length; i++) {
            double value = (numbers[i] - 0.5) * 3.4641 + (i >= 150 && i < to ? shift : 0);
            if (test.add(value)) {
                found.add(i);
                test = new PageHinkley(slack, threshold, 30);
            }
        }
        return found;
    }
}
