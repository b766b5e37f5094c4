package io.kiln.model.training;

/**
 * Settings of an exponential moving average of the weights.
 *
 * @param decay share of the average that stays over one step, from 0 to below 1
 * @param warmup how quickly the first steps are forgotten, at least 1: the n-th update keeps at
 *     most (1 + n) / (warmup + n) of the average
 * @param everySteps steps from one update to the next, at least 1
 */
public record MovingAverage(double decay, long warmup, long everySteps) implements AverageSettings {
    public MovingAverage {
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException(
                    "decay " + decay + " is not allowed; expected 0 to below 1");
        }
        if (warmup < 1 || everySteps < 1) {
            throw new IllegalArgumentException(
                    "warmup "
                            + warmup
                            + " and everySteps "
                            + everySteps
                            + " are not allowed; expected at least 1");
        }
    }

    /**
     * Share of the average that stays at an update. StrictMath, since the average must have the
     * same bits wherever a run goes on.
     *
     * @param update counted from 1
     */
    double stays(long update) {
        return Math.min(StrictMath.pow(decay, everySteps), (1.0 + update) / (warmup + update));
    }
}
