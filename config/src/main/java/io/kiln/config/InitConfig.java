package io.kiln.config;

import java.io.Serializable;

/** What a run begins with, where no checkpoint is restored. */
public record InitConfig(
        @Key(
                        about =
                                "safetensors file to begin with, as a path on the task manager; empty means fresh weights")
                String weights,
        @Key(
                        about =
                                "how much of the network the file holds: the encoder alone, or all of it under the SparK code's names",
                        fallback = "encoder")
                Scope scope,
        @Key(
                        about =
                                "what the encoder's weights are called in the file: as timm does, the network's authors, or the SparK code",
                        fallback = "timm")
                Names names)
        implements Serializable {
    /** How much of the network a file holds. */
    public enum Scope {
        ENCODER,
        ALL
    }

    /** Styles of weight names. */
    public enum Names {
        TIMM,
        OFFICIAL,
        SPARK
    }

    public InitConfig {
        if (scope == Scope.ALL && !weights.isEmpty() && names != Names.SPARK) {
            throw new IllegalArgumentException(
                    "names: only spark is allowed where training.init.scope is all");
        }
    }
}
