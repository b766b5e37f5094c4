package io.kiln.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class PhaseTimesTest {
    private static final long PAUSE = 2_000_000;

    private final List<Phase> heard = new ArrayList<>();
    private final PhaseTimes times = new PhaseTimes(heard::add);

    private static void pause() {
        long end = System.nanoTime() + PAUSE;
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }

    @Test
    void aPhaseLastsUntilTheNextOneOrTheEndOfTheStep() {
        pause();
        times.entered(Phase.ENCODER);
        pause();
        times.entered(Phase.INDEX);
        times.entered(Phase.ENCODER);
        pause();
        times.stepEnded();
        assertThat(times.nanos(Phase.ENCODER)).isGreaterThanOrEqualTo(2 * PAUSE);
        assertThat(times.nanos(Phase.DECODER)).isZero();
        assertThat(heard).containsExactly(Phase.ENCODER, Phase.INDEX, Phase.ENCODER);
    }

    @Test
    void betweenStepsNothingCounts() {
        times.entered(Phase.ENCODER);
        times.stepEnded();
        long before = times.nanos(Phase.ENCODER);
        pause();
        times.entered(Phase.INDEX);
        times.stepEnded();
        assertThat(times.nanos(Phase.ENCODER)).isEqualTo(before);
    }
}
