package io.kiln.config;

import java.io.Serializable;

/** The exponential moving average of the weights, for training.average = ema. */
public record EmaConfig(
        @Key(
                        about =
                                "share of the average that is kept over one step; 0.999 averages over about the last 1,000 steps",
                        fallback = "0.999",
                        min = 0,
                        max = 0.9999999)
                double decay,
        @Key(
                        about =
                                "how quickly the first steps are forgotten: the n-th update keeps at most (1 + n) / (warmup + n) of the average; 1 for no warm-up",
                        fallback = "10",
                        min = 1,
                        max = 1000000)
                int warmup,
        @Key(
                        about =
                                "number of steps between updates of the average; an update adds the weights of one step",
                        fallback = "10",
                        min = 1,
                        max = 100000)
                int everySteps)
        implements Serializable {}
