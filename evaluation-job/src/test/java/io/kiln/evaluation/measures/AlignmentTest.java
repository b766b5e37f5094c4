package io.kiln.evaluation.measures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AlignmentTest {
    private static Features features(double... values) {
        return new Features(2, values);
    }

    @Test
    void lengthsDoNotMatterAndOneDirectionIsAlignedWholly() {
        assertThat(Alignment.of(features(3, 4, 0, 2), features(0.3, 0.4, 0, 7)))
                .isCloseTo(0, within(1e-15));
    }

    /** At right angles 2, opposite 4: the squared distance of unit vectors. */
    @Test
    void itIsTheMeanSquaredDistanceOfUnitVectors() {
        assertThat(Alignment.of(features(1, 0), features(0, 5))).isEqualTo(2);
        assertThat(Alignment.of(features(1, 0), features(-5, 0))).isEqualTo(4);
        assertThat(Alignment.of(features(1, 0, 1, 0), features(0, 5, -5, 0))).isEqualTo(3);
        double half = Math.sqrt(0.5);
        double distance = (1 - half) * (1 - half) + half * half;
        assertThat(Alignment.of(features(1, 0), features(1, 1))).isCloseTo(distance, within(1e-15));
    }

    @Test
    void aFeatureWithoutADirectionHasNoAlignment() {
        assertThat(Alignment.of(features(0, 0), features(1, 1))).isNaN();
        assertThat(Alignment.of(features(Double.NaN, 1), features(1, 1))).isNaN();
    }

    @Test
    void otherNumbersOfImagesAreRefused() {
        assertThatThrownBy(() -> Alignment.of(features(1, 1, 1, 1), features(1, 1)))
                .hasMessageContaining("2 x 2 and 1 x 2 features");
    }
}
