package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;

/**
 * Names and sizes of the topics. Created by {@code kiln topics create}, never by the broker on its
 * own.
 */
public record TopicsConfig(
        @Key(about = "topic of encoded images", fallback = "images") String images,
        @Key(
                        about =
                                "what a value of images is: record (an ImageRecord, by the registry) or raw (the bytes of a picture, as others' topics hold them)",
                        fallback = "record")
                ImageFormat imageFormat,
        @Key(
                        about = "topic of images that could not be used, with the reason",
                        fallback = "images.dlq")
                String deadLetters,
        @Key(about = "topic of masked batches", fallback = "sparse-batches") String sparseBatches,
        @Key(about = "topic of training steps", fallback = "training-steps") String trainingSteps,
        @Key(about = "topic of checkpoint events", fallback = "checkpoints") String checkpoints,
        @Key(about = "partitions of images", fallback = "4", min = 1, max = 10000)
                int imagePartitions,
        @Key(
                        about = "trainers that share the images among them",
                        fallback = "1",
                        min = 1,
                        max = 1000)
                int trainers,
        @Key(
                        about =
                                "partitions of sparse-batches that each trainer reads, a batch of each in turn; more where one partition is too slow",
                        fallback = "1",
                        min = 1,
                        max = 64)
                int partitionsPerTrainer,
        @Key(
                        about = "copies of each partition that the brokers keep",
                        fallback = "1",
                        min = 1,
                        max = 10)
                int replication,
        @Key(
                        about = "how long images, batches, steps and dead letters are kept",
                        fallback = "7d",
                        min = 60)
                Duration retention)
        implements Serializable {
    /** What the values of the images topic are. */
    public enum ImageFormat {
        /** ImageRecord in the registry's wire format. */
        RECORD,
        /** The encoded picture itself. */
        RAW
    }

    /** Partitions of sparse-batches. */
    public int batchPartitions() {
        return trainers * partitionsPerTrainer;
    }

    /**
     * A partition of sparse-batches.
     *
     * @param trainer that reads it, from 0
     * @param turn at which it reads it, from 0
     */
    public int batchPartition(int trainer, int turn) {
        return trainer + trainers * turn;
    }

    public TopicsConfig {
        List<String> names =
                List.of(images, deadLetters, sparseBatches, trainingSteps, checkpoints);
        for (String name : names) {
            if (!name.matches("[a-zA-Z0-9._-]{1,249}")) {
                throw new IllegalArgumentException(
                        "*: \""
                                + name
                                + "\" is not a topic name; expected 1 to 249 of letters, digits, '.', '_' and '-'");
            }
        }
        if (new java.util.HashSet<>(names).size() != names.size()) {
            throw new IllegalArgumentException(
                    "*: two topics have the same name in "
                            + names
                            + "; expected five different names");
        }
    }
}
