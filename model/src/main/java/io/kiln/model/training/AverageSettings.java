package io.kiln.model.training;

/** How the average of the weights is made. */
public sealed interface AverageSettings permits MergedWeights, MovingAverage {
    /** Steps from one update to the next, at least 1. */
    long everySteps();

    /** Whether the average is updated after a step, counted from 1. */
    default boolean isDue(long step) {
        return step % everySteps() == 0;
    }
}
