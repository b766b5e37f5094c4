package io.kiln.config;

import java.io.Serializable;

/** The weights that a new run starts from. A restored run ignores them. */
public record InitConfig(
        @Key(
                        about =
                                "safetensors file that training starts from, as a path on the task manager; empty starts from random weights")
                String weights,
        @Key(
                        about =
                                "part of the network that the file holds: encoder, or all, which needs training.init.names = spark",
                        fallback = "encoder")
                Scope scope,
        @Key(
                        about =
                                "naming scheme of the weights in the file: that of timm, of the network's authors (official), or of the SparK code",
                        fallback = "timm")
                Names names)
        implements Serializable {
    /** Parts of the network that a file may hold. */
    public enum Scope {
        ENCODER,
        ALL
    }

    /** Naming schemes of weights. */
    public enum Names {
        TIMM,
        OFFICIAL,
        SPARK
    }

    public InitConfig {
        if (scope == Scope.ALL && !weights.isEmpty() && names != Names.SPARK) {
            throw new IllegalArgumentException(
                    "names: "
                            + ConfigValues.spelling(names)
                            + " is not allowed; expected spark, because training.init.scope is all");
        }
    }
}
