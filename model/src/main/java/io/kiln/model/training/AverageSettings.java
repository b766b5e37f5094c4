package io.kiln.model.training;

/**
 * Settings of an exponential moving average of the weights.
 *
 * @param decay share of the average that stays at each step, from 0 to below 1
 * @param warmup how slowly the first steps are forgotten, at least 1: at the average's step n, the
 *     decay is at most (1 + n) / (warmup + n)
 */
public record AverageSettings(double decay, long warmup) {
    public AverageSettings {
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException(
                    "decay " + decay + " is not allowed; expected 0 to below 1");
        }
        if (warmup < 1) {
            throw new IllegalArgumentException(
                    "warmup " + warmup + " is not allowed; expected at least 1");
        }
    }

    /**
     * Share of the average that stays at one of its steps.
     *
     * @param step of the average, counted from 1
     */
    double decay(long step) {
        return Math.min(decay, (1.0 + step) / (warmup + step));
    }
}
