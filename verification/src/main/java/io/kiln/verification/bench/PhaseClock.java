package io.kiln.verification.bench;

import io.kiln.model.torch.Phase;
import io.kiln.model.torch.PhaseListener;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Times the phases of steps. A step lasts from its first phase to {@link #stepEnded}. */
final class PhaseClock implements PhaseListener {
    /**
     * Time of one step.
     *
     * @param seconds on the wall
     * @param cpuSeconds of all threads of the process
     */
    record Time(double seconds, double cpuSeconds) {
        static final Time ZERO = new Time(0, 0);

        Time plus(Time other) {
            return new Time(seconds + other.seconds, cpuSeconds + other.cpuSeconds);
        }
    }

    private final Runnable barrier;
    private final List<Map<Phase, Time>> steps = new ArrayList<>();
    private Map<Phase, Time> step = new EnumMap<>(Phase.class);
    private Phase current = Phase.INDEX;
    private boolean running;
    private long since;
    private long cpuSince;

    /**
     * @param barrier waits until the device has done what it was given
     */
    PhaseClock(Runnable barrier) {
        this.barrier = barrier;
    }

    @Override
    public void entered(Phase phase) {
        lap();
        current = phase;
        running = true;
    }

    /** The step has been taken. */
    void stepEnded() {
        lap();
        running = false;
        steps.add(step);
        step = new EnumMap<>(Phase.class);
    }

    private void lap() {
        barrier.run();
        long now = System.nanoTime();
        long cpuNow = ProcessUsage.cpuNanos();
        if (running) {
            step.merge(
                    current, new Time((now - since) / 1e9, (cpuNow - cpuSince) / 1e9), Time::plus);
        }
        since = now;
        cpuSince = cpuNow;
    }

    /** Forgets the steps so far. */
    void reset() {
        steps.clear();
    }

    /** Times of each step by phase. */
    List<Map<Phase, Time>> steps() {
        return List.copyOf(steps);
    }
}
