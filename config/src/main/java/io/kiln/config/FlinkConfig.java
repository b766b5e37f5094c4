package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;

/** Where and how Flink runs the jobs. */
public record FlinkConfig(
        @Key(
                        about = "REST address of the Flink cluster that jobs are submitted to",
                        fallback = "http://localhost:8081")
                String restUrl,
        @Key(
                        about =
                                "time between two Flink checkpoints; output becomes visible downstream only when a checkpoint completes",
                        fallback = "10s",
                        min = 0.1,
                        max = 86400)
                Duration checkpointInterval,
        @Key(
                        about =
                                "longest time a Flink checkpoint may take; must exceed the longest step. A job restarts if it completes no checkpoint for this time plus the interval",
                        fallback = "5m",
                        min = 1,
                        max = 86400)
                Duration checkpointTimeout,
        @Key(
                        about =
                                "folder for Flink's checkpoints: an absolute path, or a URI; empty uses the cluster's own setting")
                String checkpointDirectory,
        @Key(
                        about = "number of parallel subtasks of the masking job",
                        fallback = "1",
                        min = 1,
                        max = 1000)
                int maskingParallelism,
        @Key(
                        about =
                                "number of parallel subtasks of the training job, which share the trainers; at most topics.trainers; does not affect the weights",
                        fallback = "1",
                        min = 1,
                        max = 64)
                int trainingParallelism,
        @Key(
                        about =
                                "time after which Kafka aborts an open transaction; at most the broker's transaction.max.timeout.ms, which is 15m by default",
                        fallback = "14m",
                        min = 10,
                        max = 604800)
                Duration transactionTimeout,
        @Key(about = "delay before a failed job restarts", fallback = "1s", min = 0, max = 3600)
                Duration restartDelay,
        @Key(
                        about = "number of restarts after which a failing job fails for good",
                        fallback = "1000000",
                        min = 0,
                        max = 2147483647)
                int restartAttempts)
        implements Serializable {
    public FlinkConfig {
        if (!restUrl.matches("https?://[^\\s/@]+(/[^\\s@]*)?")) {
            throw new IllegalArgumentException(
                    "restUrl: \""
                            + Secrets.url(restUrl)
                            + "\" is not allowed; expected http://host:port or https://…, without a password");
        }
        if (transactionTimeout.compareTo(checkpointInterval.multipliedBy(2)) < 0) {
            throw new IllegalArgumentException(
                    "transactionTimeout: "
                            + Durations.format(transactionTimeout)
                            + " is not allowed; a transaction stays open between checkpoints, expected at least twice"
                            + " flink.checkpointInterval = "
                            + Durations.format(checkpointInterval));
        }
        if (!checkpointDirectory.isEmpty()) {
            checkpointDirectory = FolderUri.require("checkpointDirectory", checkpointDirectory);
        }
    }
}
