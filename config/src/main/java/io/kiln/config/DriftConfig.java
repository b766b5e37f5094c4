package io.kiln.config;

import java.io.Serializable;

/** How the evaluation job finds out that held-out images are no longer like those before. */
public record DriftConfig(
        @Key(
                        about =
                                "number of held-out images in the reference, which later ones are compared with; collected anew after each alarm",
                        fallback = "256",
                        min = 32,
                        max = 10000)
                int reference,
        @Key(
                        about =
                                "number of newest held-out images that are compared with the reference",
                        fallback = "64",
                        min = 8,
                        max = 1000)
                int window,
        @Key(
                        about = "probability of a false alarm in each window of images",
                        fallback = "0.001",
                        min = 1e-6,
                        max = 0.5)
                double falseAlarms)
        implements Serializable {}
