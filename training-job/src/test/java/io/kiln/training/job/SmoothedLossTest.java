package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SmoothedLossTest {
    @Test
    void firstLossIsTheMeanAndOldOnesFade() {
        SmoothedLoss smoothed = new SmoothedLoss();
        assertThat(smoothed.add(3)).isEqualTo(3);
        assertThat(smoothed.add(1)).isBetween(1.98, 2.0);
        double last = 0;
        for (int i = 0; i < 1000; i++) {
            last = smoothed.add(0.5);
        }
        assertThat(last).isCloseTo(0.5, within(1e-3));
    }
}
