package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Names and sizes of the topics. {@code kiln topics create} creates them; the broker never does so
 * on its own.
 */
public record TopicsConfig(
        @Key(about = "topic of encoded images", fallback = "images") String images,
        @Key(
                        about =
                                "format of values in the images topic: record (Avro ImageRecord with a registry id) or raw (the bytes of an image file)",
                        fallback = "record")
                ImageFormat imageFormat,
        @Key(
                        about =
                                "topic of dead letters: images that are not trained on, with the reason",
                        fallback = "images.dlq")
                String deadLetters,
        @Key(about = "topic of masked batches", fallback = "sparse-batches") String sparseBatches,
        @Key(about = "topic of training steps", fallback = "training-steps") String trainingSteps,
        @Key(about = "topic of checkpoint events", fallback = "checkpoints") String checkpoints,
        @Key(about = "topic of held-out images", fallback = "holdout") String holdout,
        @Key(about = "topic of evaluations of versions", fallback = "evaluations")
                String evaluations,
        @Key(
                        about =
                                "topic of the changes that trainers make in each round; used only with topics.trainers above 1",
                        fallback = "updates")
                String updates,
        @Key(
                        about = "number of partitions of the images topic",
                        fallback = "4",
                        min = 1,
                        max = 10000)
                int imagePartitions,
        @Key(
                        about =
                                "number of trainers that share the images and train one network in rounds (training.round); fixed for a run",
                        fallback = "1",
                        min = 1,
                        max = TopicsConfig.MOST_TRAINERS)
                int trainers,
        @Key(
                        about =
                                "number of partitions of sparse-batches that each trainer reads in turn; more than one where a single partition is too slow",
                        fallback = "1",
                        min = 1,
                        max = 64)
                int partitionsPerTrainer,
        @Key(about = "number of replicas of each partition", fallback = "1", min = 1, max = 10)
                int replication,
        @Key(
                        about =
                                "how long topics that Kiln creates keep images, batches, held-out images, training"
                                        + " steps and dead letters; existing topics stay as they are",
                        fallback = "7d",
                        min = 60,
                        max = 3153600000d)
                Duration retention)
        implements Serializable {
    /** The highest number of trainers. */
    public static final int MOST_TRAINERS = 64;

    /** Formats of values in the images topic. */
    public enum ImageFormat {
        /** An ImageRecord in the registry's wire format. */
        RECORD,
        /** The bytes of an image file. */
        RAW
    }

    /** Number of partitions of sparse-batches. */
    public int batchPartitions() {
        return trainers * partitionsPerTrainer;
    }

    /**
     * The number of batches that may stay untrained while no more come: partitions of
     * sparse-batches take turns, and each partition of images may have sent one more to each of the
     * others than to the one whose turn it is.
     */
    public int quietBatches() {
        return imagePartitions * (batchPartitions() - 1);
    }

    /**
     * The partition of sparse-batches that a trainer reads at a turn.
     *
     * @param trainer number of the trainer, from 0
     * @param turn number of the turn, from 0
     */
    public int batchPartition(int trainer, int turn) {
        return trainer + trainers * turn;
    }

    /** The trainer that learns from a partition of sparse-batches. */
    public int trainerOf(int batchPartition) {
        return trainerOf(batchPartition, trainers);
    }

    /** The same, for a number of trainers. */
    public static int trainerOf(int batchPartition, int trainers) {
        return batchPartition % trainers;
    }

    /** The key that gives a topic its name, such as topics.images; empty for another topic. */
    public String keyOf(String topic) {
        if (trainers > 1 && topic.equals(updates)) {
            return "topics.updates";
        }
        return Map.of(
                        images, "images",
                        deadLetters, "deadLetters",
                        sparseBatches, "sparseBatches",
                        trainingSteps, "trainingSteps",
                        checkpoints, "checkpoints",
                        holdout, "holdout",
                        evaluations, "evaluations")
                .entrySet()
                .stream()
                .filter(entry -> entry.getKey().equals(topic))
                .map(entry -> "topics." + entry.getValue())
                .findFirst()
                .orElse("");
    }

    public TopicsConfig {
        List<String> names =
                new ArrayList<>(
                        List.of(
                                images,
                                deadLetters,
                                sparseBatches,
                                trainingSteps,
                                checkpoints,
                                holdout,
                                evaluations));
        if (trainers > 1) {
            names.add(updates);
        }
        for (String name : names) {
            Name.require("*", name, Name.LONGEST_TOPIC);
        }
        if (new HashSet<>(names).size() != names.size()) {
            throw new IllegalArgumentException(
                    "*: two topics of " + names + " have the same name; expected different names");
        }
    }
}
