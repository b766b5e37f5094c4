package io.kiln.config;

import java.io.Serializable;

/** Learning rate and weight decay over the steps. */
public record ScheduleConfig(
        @Key(
                        about =
                                "shape of the learning rate: cosine, as published, which needs an end, or warmup-stable-decay, for a stream without end",
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
                                "total number of steps; 0 trains without end, with warmup-stable-decay only",
                        fallback = "0",
                        min = 0,
                        max = 1e12)
                long totalSteps,
        @Key(
                        about =
                                "number of last steps in which the rate falls to 0.001 of the peak, for warmup-stable-decay with an end",
                        fallback = "0",
                        min = 0,
                        max = 1e12)
                long decaySteps,
        @Key(about = "weight decay at the first step", fallback = "0.04", min = 0, max = 10)
                double weightDecay,
        @Key(
                        about =
                                "weight decay at the last step; a schedule without end uses weightDecay throughout",
                        fallback = "0.2",
                        min = 0,
                        max = 10)
                double weightDecayEnd)
        implements Serializable {
    /** Shapes of the learning-rate schedule. */
    public enum Kind {
        COSINE,
        WARMUP_STABLE_DECAY
    }

    public ScheduleConfig {
        if (kind == Kind.COSINE && totalSteps < 2) {
            throw new IllegalArgumentException(
                    "totalSteps: "
                            + totalSteps
                            + " is not allowed; a cosine schedule needs an end, expected at least 2");
        }
        if (totalSteps > 0 && warmupSteps + decaySteps >= totalSteps) {
            throw new IllegalArgumentException(
                    "totalSteps: "
                            + totalSteps
                            + " is not allowed; expected more than warmupSteps + decaySteps = "
                            + (warmupSteps + decaySteps));
        }
        if (decaySteps > 0 && totalSteps == 0) {
            throw new IllegalArgumentException(
                    "decaySteps: "
                            + decaySteps
                            + " is not allowed; a schedule without end (totalSteps = 0) has no decay, expected 0");
        }
    }
}
