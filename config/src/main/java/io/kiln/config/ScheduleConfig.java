package io.kiln.config;

import java.io.Serializable;

/** Learning rate and weight decay over the steps. */
public record ScheduleConfig(
        @Key(
                        about =
                                "cosine (published; has an end) or warmup-stable-decay (for a stream without one)",
                        fallback = "warmup-stable-decay")
                Kind kind,
        @Key(
                        about =
                                "highest learning rate; published: 0.0002 * batch / 256 * 16 at batch 4096",
                        fallback = "0.0032",
                        min = 0,
                        max = 10)
                double peakLearningRate,
        @Key(
                        about = "steps of linear warm-up from 0.005 of the peak",
                        fallback = "400",
                        min = 0,
                        max = 1e9)
                long warmupSteps,
        @Key(
                        about = "steps in all; 0 means without end (warmup-stable-decay only)",
                        fallback = "0",
                        min = 0,
                        max = 1e12)
                long totalSteps,
        @Key(
                        about =
                                "last steps over which the rate falls to 0.001 of the peak (warmup-stable-decay with an end)",
                        fallback = "0",
                        min = 0,
                        max = 1e12)
                long decaySteps,
        @Key(about = "weight decay at the first step", fallback = "0.04", min = 0, max = 10)
                double weightDecay,
        @Key(
                        about =
                                "weight decay at the last step; without an end, weightDecay holds throughout",
                        fallback = "0.2",
                        min = 0,
                        max = 10)
                double weightDecayEnd)
        implements Serializable {
    /** Shapes of the learning rate. */
    public enum Kind {
        COSINE,
        WARMUP_STABLE_DECAY
    }

    public ScheduleConfig {
        if (kind == Kind.COSINE && totalSteps < 2) {
            throw new IllegalArgumentException(
                    "totalSteps: "
                            + totalSteps
                            + " is not allowed; a cosine schedule needs its end, at least 2");
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
                            + " is not allowed; a schedule without end (totalSteps = 0) has no decay");
        }
    }
}
