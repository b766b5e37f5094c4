package io.kiln.model.torch;

/** Is told what a training step does next; for measurements. */
@FunctionalInterface
public interface PhaseListener {
    /** Listens to nothing. */
    PhaseListener NONE = phase -> {};

    /**
     * The step goes on with a phase; the one before it ends, or is interrupted, where index tables
     * are made when they are first needed.
     */
    void entered(Phase phase);
}
