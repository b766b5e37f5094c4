package io.kiln.model.torch;

import java.util.EnumMap;
import java.util.Map;

/**
 * Adds up what the phases of all steps have taken, and tells another listener of them. For one
 * thread.
 */
public final class PhaseTimes implements StepListener {
    private final StepListener next;
    private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);
    private Phase current = Phase.INDEX;
    private boolean running;
    private long since;

    public PhaseTimes(StepListener next) {
        this.next = next;
    }

    @Override
    public void entered(Phase phase) {
        next.entered(phase);
        lap();
        current = phase;
        running = true;
    }

    /** The step has been taken, or was given up. */
    public void stepEnded() {
        lap();
        running = false;
    }

    private void lap() {
        long now = System.nanoTime();
        if (running) {
            nanos.merge(current, now - since, Long::sum);
        }
        since = now;
    }

    /**
     * What a phase has taken since the trainer was made, in nanoseconds. On a GPU, phases give it
     * work without waiting, and the optimiser's waits for all of it.
     */
    public long nanos(Phase phase) {
        return nanos.getOrDefault(phase, 0L);
    }

    @Override
    public boolean followsOperators() {
        return next.followsOperators();
    }

    @Override
    public void computed(OperatorCall call) {
        next.computed(call);
    }
}
