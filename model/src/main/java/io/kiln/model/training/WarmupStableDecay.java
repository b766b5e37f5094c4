package io.kiln.model.training;

/**
 * A schedule for a stream without an end: linear warm-up, then the peak for as long as training
 * goes on. If an end is given, the rate falls linearly to 0.001 of the peak over the last
 * decaySteps, and weight decay follows half a cosine over all steps; without one, weight decay
 * keeps its first value.
 *
 * @param peak highest learning rate
 * @param warmupSteps steps of warm-up
 * @param totalSteps steps in all; 0 for no end
 * @param decaySteps last steps, over which the rate falls
 * @param firstWeightDecay weight decay of the first step
 * @param lastWeightDecay weight decay of the last step, if there is one
 */
public record WarmupStableDecay(
        double peak,
        long warmupSteps,
        long totalSteps,
        long decaySteps,
        double firstWeightDecay,
        double lastWeightDecay)
        implements Schedule {
    public WarmupStableDecay {
        Schedule.requireNotNegative("peak", peak);
        Schedule.requireNotNegative("firstWeightDecay", firstWeightDecay);
        Schedule.requireNotNegative("lastWeightDecay", lastWeightDecay);
        Schedule.requirePhases(warmupSteps, 0, decaySteps, totalSteps);
    }

    @Override
    public double learningRate(long step) {
        if (step < warmupSteps) {
            return Schedule.warmup(peak, step, warmupSteps);
        }
        long left = totalSteps - 1 - step;
        if (totalSteps == 0 || left >= decaySteps) {
            return peak;
        }
        return peak * (END + (1 - END) * Math.max(0, left) / decaySteps);
    }

    @Override
    public double weightDecay(long step) {
        return Schedule.weightDecay(firstWeightDecay, lastWeightDecay, step, totalSteps);
    }
}
