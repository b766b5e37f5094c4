package io.kiln.model.torch;

import java.util.function.Supplier;

/** The phase that a step is in; tells a listener about each change. For one thread. */
public final class PhaseTracker {
    private final StepListener listener;
    private Phase current = Phase.INDEX;

    public PhaseTracker(StepListener listener) {
        this.listener = listener;
    }

    /** Begins a phase, which ends the one before. */
    public void enter(Phase next) {
        current = next;
        listener.entered(next);
    }

    /** Interrupts the current phase: does some work in another one, then returns to it. */
    public <T> T during(Phase other, Supplier<T> work) {
        Phase interrupted = current;
        enter(other);
        T result = work.get();
        enter(interrupted);
        return result;
    }
}
