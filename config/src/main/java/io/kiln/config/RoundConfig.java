package io.kiln.config;

import java.io.Serializable;

/** How several trainers (topics.trainers) share one training. */
public record RoundConfig(
        @Key(
                        about =
                                "number of optimiser steps that each trainer takes in a round; all begin the next one with the same weights; used only with topics.trainers above 1",
                        fallback = "16",
                        min = 1,
                        max = 1000000)
                int steps,
        @Key(
                        about =
                                "weights that the next round begins with: mean (the mean of the trainers' weights) or momentum (Nesterov momentum over the mean changes of the rounds)",
                        fallback = "mean")
                Outer outer,
        @Key(
                        about =
                                "learning rate of the outer step, for training.round.outer = momentum",
                        fallback = "0.7",
                        min = 0.000001,
                        max = 10)
                double rate,
        @Key(
                        about = "momentum of the outer step, for training.round.outer = momentum",
                        fallback = "0.9",
                        min = 0,
                        max = 0.9999)
                double momentum,
        @Key(
                        about =
                                "number format in which trainers exchange their changes: full (that"
                                        + " of the weights) or bf16 (half the bytes of fp32; the"
                                        + " rounding error is carried into the next round)",
                        fallback = "full")
                Changes changes)
        implements Serializable {
    /** What a round begins with. */
    public enum Outer {
        MEAN,
        MOMENTUM
    }

    /** Number formats of changes. */
    public enum Changes {
        FULL,
        BF16
    }
}
