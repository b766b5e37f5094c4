package io.kiln.model.training;

/** Learning rate and weight decay as functions of the step, counted from 0. */
public sealed interface Schedule
        permits CosineSchedule, InfiniteSchedule, RepeatedCosine, WarmupStableDecay {
    /** Learning rate of a step. */
    double learningRate(long step);

    /** Weight decay of a step. */
    double weightDecay(long step);

    /** Highest learning rate. */
    double peak();

    /** Half a cosine from one value at progress 0 to another at progress 1. */
    static double cosine(double from, double to, double progress) {
        return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * progress));
    }

    /**
     * Linear warm-up as the SparK code has it: from 0.005 of the peak at step 0, the peak would be
     * reached at step warmup.
     */
    static double warmup(double peak, long step, long warmupSteps) {
        return peak * (WARMUP_START + (1 - WARMUP_START) * step / warmupSteps);
    }

    /**
     * Weight decay of a schedule that may have no end: half a cosine over all steps, or the first
     * value where totalSteps is 0.
     */
    static double weightDecay(double first, double last, long step, long totalSteps) {
        return totalSteps <= 1
                ? first
                : cosine(first, last, Math.min(1.0, (double) step / (totalSteps - 1)));
    }

    /** Share of the peak that warm-up starts from. */
    double WARMUP_START = 0.005;

    /** Share of the peak that the rate ends at. */
    double END = 0.001;

    static void requireNotNegative(String name, double value) {
        if (!(value >= 0)) {
            throw new IllegalArgumentException(
                    name + " " + value + " is not allowed; expected 0 or more");
        }
    }

    /**
     * Requires phases that fit into a schedule that may have no end.
     *
     * @param cooldownSteps 0 for a schedule that does not cool down
     * @param totalSteps 0 for no end
     */
    static void requirePhases(
            long warmupSteps, long cooldownSteps, long decaySteps, long totalSteps) {
        boolean ends = totalSteps > 0;
        if (warmupSteps < 0
                || cooldownSteps < 0
                || decaySteps < 0
                || totalSteps < 0
                || (ends && warmupSteps + cooldownSteps + decaySteps >= totalSteps)
                || (!ends && decaySteps > 0)) {
            throw new IllegalArgumentException(
                    "warmupSteps "
                            + warmupSteps
                            + (cooldownSteps == 0 ? "" : ", cooldownSteps " + cooldownSteps)
                            + " and decaySteps "
                            + decaySteps
                            + " of totalSteps "
                            + totalSteps
                            + " are not allowed; expected fewer than all, and no decay where there is no end");
        }
    }
}
