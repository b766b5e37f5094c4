package io.kiln.config;

import java.io.Serializable;

/** The mean of the weights at several steps, for training.average = merge. */
public record MergeConfig(
        @Key(
                        about =
                                "number of copies of the weights that are merged; the training state holds them all",
                        fallback = "4",
                        min = 2,
                        max = 100)
                int count,
        @Key(
                        about =
                                "number of steps between the merged copies, which are taken at multiples of this number",
                        fallback = "250",
                        min = 1,
                        max = 1000000)
                int everySteps)
        implements Serializable {}
