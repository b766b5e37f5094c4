package io.kiln.config;

import java.io.Serializable;

/** Settings of the LAMB optimiser, as SparK uses it. */
public record OptimiserConfig(
        @Key(
                        about = "decay rate of the running mean of the gradient",
                        fallback = "0.9",
                        min = 0,
                        max = 0.9999)
                double beta1,
        @Key(
                        about =
                                "decay rate of the running mean of the squared gradient; published: 0.95 for ResNet, 0.999 for ConvNeXt",
                        fallback = "0.95",
                        min = 0,
                        max = 0.99999)
                double beta2,
        @Key(
                        about = "constant that is added to the denominator of the update",
                        fallback = "0.000001",
                        min = 1e-12,
                        max = 1)
                double epsilon,
        @Key(
                        about =
                                "largest norm of the whole gradient; a larger gradient is scaled down to it",
                        fallback = "5",
                        min = 1e-6,
                        max = 1e6)
                double clipNorm)
        implements Serializable {}
