package io.kiln.model.training;

/**
 * The infinite schedule of Singh et al. ("Beyond Cosine Decay", arXiv 2503.02844), for data that
 * drifts: linear warm-up, half a cosine down from the peak to a constant rate, and that rate for as
 * long as training goes on. If an end is given, the rate falls exponentially to 0.001 of the peak
 * over the last decaySteps, and weight decay follows half a cosine over all steps; without one,
 * weight decay keeps its first value.
 *
 * @param peak highest learning rate
 * @param constant the rate after the cool-down, above 0.001 of the peak and at most the peak
 * @param warmupSteps steps of warm-up
 * @param cooldownSteps steps of the fall from peak to constant
 * @param totalSteps steps in all; 0 for no end
 * @param decaySteps last steps, over which the rate is annealed
 * @param firstWeightDecay weight decay of the first step
 * @param lastWeightDecay weight decay of the last step, if there is one
 */
public record InfiniteSchedule(
        double peak,
        double constant,
        long warmupSteps,
        long cooldownSteps,
        long totalSteps,
        long decaySteps,
        double firstWeightDecay,
        double lastWeightDecay)
        implements Schedule {
    public InfiniteSchedule {
        Schedule.requireNotNegative("peak", peak);
        Schedule.requireNotNegative("firstWeightDecay", firstWeightDecay);
        Schedule.requireNotNegative("lastWeightDecay", lastWeightDecay);
        if (!(constant > END * peak && constant <= peak)) {
            throw new IllegalArgumentException(
                    "constant "
                            + constant
                            + " is not allowed; expected more than "
                            + END * peak
                            + " (0.001 of the peak), and at most the peak "
                            + peak);
        }
        Schedule.requirePhases(warmupSteps, cooldownSteps, decaySteps, totalSteps);
    }

    @Override
    public double learningRate(long step) {
        if (step < warmupSteps) {
            return Schedule.warmup(peak, step, warmupSteps);
        }
        long cooled = step - warmupSteps;
        if (cooled < cooldownSteps) {
            return Schedule.cosine(peak, constant, (double) cooled / cooldownSteps);
        }
        long left = totalSteps - 1 - step;
        if (totalSteps == 0 || left >= decaySteps) {
            return constant;
        }
        double annealed = 1 - (double) Math.max(0, left) / decaySteps;
        return constant * Math.pow(peak * END / constant, annealed);
    }

    @Override
    public double weightDecay(long step) {
        return Schedule.weightDecay(firstWeightDecay, lastWeightDecay, step, totalSteps);
    }
}
