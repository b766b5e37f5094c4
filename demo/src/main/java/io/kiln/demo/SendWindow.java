package io.kiln.demo;

import io.kiln.config.KilnConfig;
import io.kiln.demo.RunRecord.Counts;
import java.util.OptionalLong;

/**
 * Limits how far the feed runs ahead of the trainer. Batches and steps become visible only with
 * Flink's checkpoints, so the window covers the images of that time and little more. It never
 * exceeds what the remaining steps need.
 */
final class SendWindow {
    private static final int MIN_BATCHES = 8;
    private static final int INITIAL_BATCHES = 16;

    /** An image waits for a checkpoint of the masking job, then for one of the training job. */
    private static final double CHECKPOINTS_IN_FLIGHT = 2.5;

    private final OptionalLong steps;
    private final int batch;
    private final int partitions;
    private final int views;
    private final double intervalSeconds;

    /**
     * @param steps number of steps to send images for; empty for an endless stream
     */
    SendWindow(KilnConfig config, OptionalLong steps) {
        this.steps = steps;
        this.batch = config.masking().batchSize();
        this.partitions = config.topics().imagePartitions();
        this.views = config.masking().views();
        this.intervalSeconds = config.flink().checkpointInterval().toMillis() / 1000.0;
    }

    /**
     * The number of images that are trained on in all their views, held out of training, or dead
     * letters.
     */
    long settled(Counts counts) {
        return counts.trained() / views + counts.heldOut() + counts.deadLetters();
    }

    /**
     * Whether one more image may be sent.
     *
     * @param sentToTraining images sent so far but for those that are held out
     */
    boolean allows(long sentToTraining, Counts counts) {
        long inFlight = (sentToTraining - counts.lost()) * views - counts.trained();
        return inFlight + views <= size(counts) && inFlight < needed(counts);
    }

    private long size(Counts counts) {
        double rate = counts.imagesPerSecond();
        long batches =
                rate == 0
                        ? INITIAL_BATCHES
                        : (long) Math.ceil(rate * intervalSeconds * CHECKPOINTS_IN_FLIGHT / batch);
        return Math.max(MIN_BATCHES, batches) * batch + (long) (partitions - 1) * (batch - 1);
    }

    /** Each partition but one may end with an incomplete batch. */
    private long needed(Counts counts) {
        return steps.isEmpty()
                ? Long.MAX_VALUE
                : (steps.getAsLong() - counts.step()) * batch
                        + (long) (partitions - 1) * (batch - 1);
    }
}
