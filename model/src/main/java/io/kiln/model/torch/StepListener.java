package io.kiln.model.torch;

/** Is told what a training step does; for measurements. */
@FunctionalInterface
public interface StepListener {
    /** Listens to nothing. */
    StepListener NONE = phase -> {};

    /**
     * The step goes on with a phase; the one before it ends, or is interrupted, where index tables
     * are made when they are first needed.
     */
    void entered(Phase phase);

    /** Whether to be told of each operator, which has its price. */
    default boolean followsOperators() {
        return false;
    }

    /** An operator has run, and on a processor has done its work. */
    default void computed(OperatorCall call) {}
}
