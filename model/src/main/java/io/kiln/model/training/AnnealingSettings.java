package io.kiln.model.training;

/**
 * Settings of short branches of training whose learning rate falls, and whose weights stand for
 * those of a run that ends there.
 *
 * @param steps of a branch, at least 1
 * @param everySteps a branch ends at each multiple of it, at least steps
 */
public record AnnealingSettings(int steps, long everySteps) {
    public AnnealingSettings {
        if (steps < 1 || everySteps < steps) {
            throw new IllegalArgumentException(
                    "steps "
                            + steps
                            + " and everySteps "
                            + everySteps
                            + " are not allowed; expected at least 1, and no more steps than everySteps");
        }
    }

    /**
     * Whether a branch begins with the weights of so many steps.
     *
     * @param taken steps taken
     */
    boolean beginsAfter(long taken) {
        return (taken + steps) % everySteps == 0;
    }
}
