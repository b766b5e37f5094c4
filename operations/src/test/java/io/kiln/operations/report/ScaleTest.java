package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScaleTest {
    @Test
    void theEndsOfTheValuesLieAtTheEndsOfThePage() {
        Scale scale = new Scale(0.5, 1.5, 300, 20);
        assertThat(scale.at(0.5)).isEqualTo(300);
        assertThat(scale.at(1.5)).isEqualTo(20);
        assertThat(scale.at(1.0)).isCloseTo(160, within(1e-9));
    }

    @Test
    void ticksAreRoundAndWithin() {
        assertThat(new Scale(0.57, 1.03, 0, 1).ticks(5))
                .containsExactly(new double[] {0.6, 0.7, 0.8, 0.9, 1.0}, within(1e-9));
        assertThat(new Scale(1, 200, 0, 1).ticks(8)).containsExactly(50, 100, 150, 200);
        assertThat(new Scale(1, 2, 0, 1).ticks(8)).hasSize(6);
    }

    @Test
    void nothingBetweenTheEndsIsRefused() {
        assertThatThrownBy(() -> new Scale(1, 1, 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Scale(Double.NaN, 1, 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
