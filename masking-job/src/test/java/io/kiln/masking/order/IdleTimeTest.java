package io.kiln.masking.order;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.Plans;
import org.junit.jupiter.api.Test;

class IdleTimeTest {
    private final IdleTime idle = new IdleTime();

    @Test
    void arrivalsOfAnyPartitionCountForTheStream() {
        idle.arrived(100);
        idle.arrived(250);
        assertThat(idle.ofStream()).isEqualTo(250);
        assertThat(idle.of(waiting(100))).isEqualTo(100);
    }

    @Test
    void timeBeforeThisAttemptIsNotIdleTime() {
        idle.started(5000);
        assertThat(idle.of(waiting(100))).isEqualTo(5000);
        assertThat(idle.ofStream()).isEqualTo(5000);
    }

    @Test
    void laterTimersAreNoArrivals() {
        idle.arrived(100);
        idle.started(900);
        assertThat(idle.ofStream()).isEqualTo(100);
        assertThat(idle.of(waiting(100))).isEqualTo(100);
    }

    private static WaitingImages waiting(long lastArrival) {
        return new WaitingImages(
                1, new Position("images", 0, 1), lastArrival, 0, Plans.small(4, 1).batchSettings());
    }
}
