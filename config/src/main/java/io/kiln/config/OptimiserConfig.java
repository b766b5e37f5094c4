package io.kiln.config;

import java.io.Serializable;

/** LAMB as SparK uses it. */
public record OptimiserConfig(
        @Key(
                        about = "decay of the gradient's running mean",
                        fallback = "0.9",
                        min = 0,
                        max = 0.9999)
                double beta1,
        @Key(
                        about =
                                "decay of the squared gradient's running mean; 0.95 for ResNet, 0.999 for ConvNeXt",
                        fallback = "0.95",
                        min = 0,
                        max = 0.99999)
                double beta2,
        @Key(about = "added to the denominator", fallback = "0.000001", min = 1e-12, max = 1)
                double epsilon,
        @Key(
                        about = "largest global gradient norm; larger ones are scaled down to it",
                        fallback = "5",
                        min = 1e-6,
                        max = 1e6)
                double clipNorm)
        implements Serializable {}
