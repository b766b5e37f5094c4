package io.kiln.config;

import java.io.Serializable;

/** Learning rate and weight decay over the steps. */
public record ScheduleConfig(
        @Key(
                        about =
                                "shape of the schedule: cosine (as published; needs an end), repeated-cosine (begins again every totalSteps), warmup-stable-decay or infinite (cools down to a constant rate); the last two suit a stream without end",
                        fallback = "warmup-stable-decay")
                Kind kind,
        @Key(
                        about =
                                "highest learning rate; the default is the published 0.0002 * batch / 256 at batch 4096",
                        fallback = "0.0032",
                        min = 0,
                        max = 10)
                double peakLearningRate,
        @Key(
                        about =
                                "number of steps of linear warm-up, which starts at 0.005 of the peak",
                        fallback = "400",
                        min = 0,
                        max = 1e9)
                long warmupSteps,
        @Key(
                        about =
                                "number of steps after the warm-up in which the rate falls from the peak to constantLearningRate; for infinite only",
                        fallback = "0",
                        min = 0,
                        max = 1e9)
                long cooldownSteps,
        @Key(
                        about =
                                "learning rate after the cool-down, more than 0.001 of the peak and at most the peak; for infinite only",
                        fallback = "0",
                        min = 0,
                        max = 10)
                double constantLearningRate,
        @Key(
                        about =
                                "total number of steps, or the steps of one cosine for repeated-cosine; 0 trains without end, which neither cosine allows",
                        fallback = "0",
                        min = 0,
                        max = 1e12)
                long totalSteps,
        @Key(
                        about =
                                "number of final steps in which the rate falls to 0.001 of the peak; for warmup-stable-decay and infinite, if totalSteps is not 0",
                        fallback = "0",
                        min = 0,
                        max = 1e12)
                long decaySteps,
        @Key(about = "weight decay at the first step", fallback = "0.04", min = 0, max = 10)
                double weightDecay,
        @Key(
                        about =
                                "weight decay at the last step; repeated-cosine and a schedule without end use weightDecay throughout",
                        fallback = "0.2",
                        min = 0,
                        max = 10)
                double weightDecayEnd)
        implements Serializable {
    /** Shapes of the learning-rate schedule. */
    public enum Kind {
        COSINE,
        INFINITE,
        REPEATED_COSINE,
        WARMUP_STABLE_DECAY
    }

    public ScheduleConfig {
        boolean cosine = kind == Kind.COSINE || kind == Kind.REPEATED_COSINE;
        if (cosine && totalSteps < 2) {
            throw new IllegalArgumentException(
                    "totalSteps: "
                            + totalSteps
                            + " is not allowed; a cosine schedule needs an end, expected at least 2");
        }
        if (kind == Kind.INFINITE) {
            requireConstantBelow(peakLearningRate, constantLearningRate);
        } else if (cooldownSteps > 0 || constantLearningRate > 0) {
            throw new IllegalArgumentException(
                    (cooldownSteps > 0
                                    ? "cooldownSteps: " + cooldownSteps
                                    : "constantLearningRate: " + constantLearningRate)
                            + " is not allowed; only kind infinite cools down, expected 0");
        }
        long phases = warmupSteps + cooldownSteps + decaySteps;
        if (totalSteps > 0 && phases >= totalSteps) {
            throw new IllegalArgumentException(
                    "totalSteps: "
                            + totalSteps
                            + " is not allowed; expected more than warmupSteps + cooldownSteps + decaySteps = "
                            + phases);
        }
        if (decaySteps > 0 && totalSteps == 0) {
            throw new IllegalArgumentException(
                    "decaySteps: "
                            + decaySteps
                            + " is not allowed; a schedule without end (totalSteps = 0) has no decay, expected 0");
        }
    }

    private static void requireConstantBelow(double peak, double constant) {
        if (constant <= peak / 1000 || constant > peak) {
            throw new IllegalArgumentException(
                    "constantLearningRate: "
                            + constant
                            + " is not allowed with kind infinite; expected more than 0.001 of"
                            + " peakLearningRate, and at most peakLearningRate = "
                            + peak);
        }
    }
}
