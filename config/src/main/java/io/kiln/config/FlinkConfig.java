package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;

/** How the two jobs run. */
public record FlinkConfig(
        @Key(
                        about = "REST address of the cluster that jobs are submitted to",
                        fallback = "http://localhost:8081")
                String restUrl,
        @Key(
                        about =
                                "time between two Flink checkpoints; what is read downstream waits for one",
                        fallback = "10s",
                        min = 0.1,
                        max = 86400)
                Duration checkpointInterval,
        @Key(
                        about =
                                "how long a Flink checkpoint may take; must exceed the longest step. A job that completes no checkpoint for this time beyond the interval restarts",
                        fallback = "5m",
                        min = 1,
                        max = 86400)
                Duration checkpointTimeout,
        @Key(
                        about =
                                "where Flink keeps its checkpoints, as a URI; empty means the cluster's own setting")
                String checkpointDirectory,
        @Key(about = "subtasks of the masking job", fallback = "1", min = 1, max = 1000)
                int maskingParallelism,
        @Key(
                        about =
                                "after which Kafka aborts a transaction; at most the broker's transaction.max.timeout.ms, which is 15m unless raised",
                        fallback = "14m",
                        min = 10,
                        max = 604800)
                Duration transactionTimeout,
        @Key(about = "pause before a failed job starts again", fallback = "1s", min = 0, max = 3600)
                Duration restartDelay,
        @Key(
                        about = "how often a failed job starts again before it is given up",
                        fallback = "1000000",
                        min = 0,
                        max = 2147483647)
                int restartAttempts)
        implements Serializable {
    public FlinkConfig {
        if (transactionTimeout.compareTo(checkpointInterval.multipliedBy(2)) < 0) {
            throw new IllegalArgumentException(
                    "transactionTimeout: "
                            + Durations.format(transactionTimeout)
                            + " is not allowed; a transaction stays open from one checkpoint to the next, expected at least twice"
                            + " flink.checkpointInterval = "
                            + Durations.format(checkpointInterval));
        }
        if (!checkpointDirectory.isEmpty()
                && !checkpointDirectory.matches("[a-z][a-z0-9+.-]*:/.*")) {
            throw new IllegalArgumentException(
                    "checkpointDirectory: \""
                            + checkpointDirectory
                            + "\" is not allowed; expected an absolute URI such as file:///data/flink or s3://bucket/path");
        }
    }
}
