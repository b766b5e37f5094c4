package io.kiln.training.job;

/** Mean of the losses of about the last hundred steps; older ones count less and less. */
final class SmoothedLoss {
    private static final double DECAY = 0.99;

    private double sum;
    private double weight;

    /** Adds the loss of a step, and returns the mean. */
    double add(double loss) {
        sum = DECAY * sum + loss;
        weight = DECAY * weight + 1;
        return sum / weight;
    }
}
