package io.kiln.config;

import java.io.Serializable;

/** How much worse than the promoted version a version may be and still pass the gate. */
public record MarginsConfig(
        @Key(
                        about =
                                "share of the promoted version's holdout loss by which that of a version may exceed it",
                        fallback = "0.01",
                        min = 0,
                        max = 10)
                double loss,
        @Key(
                        about =
                                "share of the promoted version's effective rank by which that of a version may fall short of it; 1 ignores the rank",
                        fallback = "0.5",
                        min = 0,
                        max = 1)
                double rank,
        @Key(
                        about =
                                "accuracy, 0 to 1, by which a version may fall short of the promoted one in the linear probe; at least the standard error of that one",
                        fallback = "0.01",
                        min = 0,
                        max = 1)
                double probe)
        implements Serializable {}
