package io.kiln.config;

import java.io.Serializable;

/** The mean of the weights at several steps, for training.average = merge. */
public record MergeConfig(
        @Key(
                        about = "number of weights that are merged, all of which the state holds",
                        fallback = "4",
                        min = 2,
                        max = 100)
                int count,
        @Key(
                        about =
                                "number of steps from one of the merged weights to the next; they are those of the last multiples of it",
                        fallback = "250",
                        min = 1,
                        max = 1000000)
                int everySteps)
        implements Serializable {}
