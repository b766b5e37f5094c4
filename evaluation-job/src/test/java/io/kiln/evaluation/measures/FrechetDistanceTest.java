package io.kiln.evaluation.measures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against SciPy 1.17.1: |m1 - m2|² + Tr(C1 + C2 - 2 sqrtm(C1 C2)), with numpy.cov. */
class FrechetDistanceTest {
    private static Features features(int images, int size, IntToDoubleFunction value) {
        return new Features(size, IntStream.range(0, images * size).mapToDouble(value).toArray());
    }

    private static Features first(int images, int size) {
        return features(
                images, size, k -> Math.sin(3 * (k / size) + 7 * (k % size)) + 0.1 * (k / size));
    }

    private static Features second(int images, int size) {
        return features(
                images,
                size,
                k -> Math.cos(2 * (k / size) + 5 * (k % size)) - 0.05 * (k / size) * (k % size));
    }

    @Test
    void isThatOfScipyAlsoWithFewerImagesThanFeatures() {
        assertThat(FrechetDistance.of(first(12, 4), second(9, 4)))
                .isCloseTo(3.9757063320423742, within(1e-6));
        assertThat(FrechetDistance.of(first(4, 6), second(3, 6)))
                .isCloseTo(4.816241330955828, within(1e-6));
    }

    @Test
    void ofEqualSetsIsNothingAndOfShiftedOnesFarAboveChance() {
        Random random = new Random(18);
        Features all = features(40, 16, k -> random.nextGaussian());
        Features others = features(40, 16, k -> random.nextGaussian());
        Features shifted = features(40, 16, k -> 1 + random.nextGaussian());
        assertThat(FrechetDistance.of(all, all)).isCloseTo(0, within(1e-6));
        assertThat(FrechetDistance.of(all, others))
                .isBetween(0.0, 1.5 * FrechetDistance.byChance(all, others, 5));
        assertThat(FrechetDistance.of(all, shifted))
                .isGreaterThan(2 * FrechetDistance.byChance(all, shifted, 5));
    }
}
