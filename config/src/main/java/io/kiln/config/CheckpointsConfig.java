package io.kiln.config;

import java.io.Serializable;

/** When weights are published and where their files go. */
public record CheckpointsConfig(
        @Key(
                        about =
                                "optimiser steps between two checkpoint events; due events go out with the next Flink checkpoint",
                        fallback = "1000",
                        min = 1,
                        max = 1e12)
                long everySteps,
        @Key(
                        about = "folder of the artifact store, as a URI of a Flink file system",
                        fallback = "file:///tmp/kiln/artifacts")
                String artifacts,
        @Key(
                        about =
                                "images drawn into the reconstructions file of each event; 0 for none",
                        fallback = "8",
                        min = 0,
                        max = 64)
                int reconstructions,
        @Key(
                        about =
                                "newest versions whose files are kept; older ones are retired and deleted, promoted ones never",
                        fallback = "20",
                        min = 1,
                        max = 1e6)
                int keepLast,
        @Key(
                        about =
                                "of the older versions, each whose number is a multiple of this is kept too; 1 keeps all, 0 none",
                        fallback = "10",
                        min = 0,
                        max = 1e6)
                int keepEvery)
        implements Serializable {
    public CheckpointsConfig {
        if (!artifacts.matches("[a-z][a-z0-9+.-]*:/.*")) {
            throw new IllegalArgumentException(
                    "artifacts: \""
                            + artifacts
                            + "\" is not allowed; expected an absolute URI such as file:///data/artifacts or s3://bucket/path");
        }
    }
}
