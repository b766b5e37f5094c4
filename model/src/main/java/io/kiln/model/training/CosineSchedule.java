package io.kiln.model.training;

/**
 * The published schedule: linear warm-up, then half a cosine down to 0.001 of the peak; weight
 * decay on half a cosine of its own over all steps. Both end at the last step, totalSteps − 1, and
 * stay there.
 *
 * @param peak highest learning rate
 * @param warmupSteps steps of warm-up, fewer than totalSteps
 * @param totalSteps steps in all
 * @param firstWeightDecay weight decay of the first step
 * @param lastWeightDecay weight decay of the last step
 */
public record CosineSchedule(
        double peak,
        long warmupSteps,
        long totalSteps,
        double firstWeightDecay,
        double lastWeightDecay)
        implements Schedule {
    public CosineSchedule {
        Schedule.requireNotNegative("peak", peak);
        Schedule.requireNotNegative("firstWeightDecay", firstWeightDecay);
        Schedule.requireNotNegative("lastWeightDecay", lastWeightDecay);
        if (totalSteps < 1 || warmupSteps < 0 || warmupSteps >= totalSteps) {
            throw new IllegalArgumentException(
                    "warmupSteps "
                            + warmupSteps
                            + " of totalSteps "
                            + totalSteps
                            + " is not allowed; expected fewer than all");
        }
    }

    @Override
    public double learningRate(long step) {
        if (step < warmupSteps) {
            return Schedule.warmup(peak, step, warmupSteps);
        }
        return Schedule.cosine(
                peak, peak * END, progress(step - warmupSteps, totalSteps - 1 - warmupSteps));
    }

    @Override
    public double weightDecay(long step) {
        return Schedule.cosine(firstWeightDecay, lastWeightDecay, progress(step, totalSteps - 1));
    }

    private static double progress(long step, long last) {
        return last <= 0 ? 1 : Math.min(1.0, (double) step / last);
    }
}
