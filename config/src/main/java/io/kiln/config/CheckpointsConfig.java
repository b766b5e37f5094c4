package io.kiln.config;

import java.io.Serializable;

/** When weights are published, and which of their files are kept. */
public record CheckpointsConfig(
        @Key(
                        about =
                                "number of optimiser steps between two checkpoint events; a due event is published with the next Flink checkpoint",
                        fallback = "1000",
                        min = 1,
                        max = 1e12)
                long everySteps,
        @Key(
                        about =
                                "largest mean loss since the last version at which a new version is published; predicting each patch's mean gives 1",
                        fallback = "10",
                        min = 0.01,
                        max = 1e12)
                double maxLoss,
        @Key(
                        about =
                                "folder of the artifact store: an absolute path, or a URI that Flink's file systems can open",
                        fallback = "file:///tmp/kiln/artifacts")
                String artifacts,
        @Key(
                        about =
                                "number of images in the reconstructions file of each checkpoint event; 0 writes no such file",
                        fallback = "8",
                        min = 0,
                        max = 64)
                int reconstructions,
        @Key(
                        about =
                                "number of newest versions whose files are kept; older versions are retired and deleted unless they were promoted",
                        fallback = "20",
                        min = 1,
                        max = 1e6)
                int keepLast,
        @Key(
                        about =
                                "older versions whose number is a multiple of this are kept too; 1 keeps all, 0 keeps none",
                        fallback = "10",
                        min = 0,
                        max = 1e6)
                int keepEvery,
        @Key(
                        about =
                                "number of versions most recently promoted by the evaluation job whose files are kept; a version promoted by a person is kept until it is revoked",
                        fallback = "10",
                        min = 1,
                        max = 1e6)
                int keepPromoted)
        implements Serializable {
    public CheckpointsConfig {
        artifacts = FolderUri.require("artifacts", artifacts);
    }
}
