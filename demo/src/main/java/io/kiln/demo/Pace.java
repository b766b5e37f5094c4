package io.kiln.demo;

import io.kiln.config.KilnConfig;
import io.kiln.demo.RunRecord.Counts;
import java.util.OptionalLong;

/**
 * How far the feed may run ahead of the trainer. Batches and steps become visible with Flink's
 * checkpoints only, so what is under way covers the time that takes, and not much more; and no more
 * is sent than the steps that are left need.
 */
final class Pace {
    private static final int FEWEST_BATCHES = 8;
    private static final int FIRST_BATCHES = 16;

    /** An image waits for a checkpoint of the masking job, then for one of the training job. */
    private static final double CHECKPOINTS_UNDER_WAY = 2.5;

    private final OptionalLong steps;
    private final int batch;
    private final int partitions;
    private final int views;
    private final double intervalSeconds;

    /**
     * @param steps after which nothing more is needed; empty for a stream without end
     */
    Pace(KilnConfig config, OptionalLong steps) {
        this.steps = steps;
        this.batch = config.masking().batchSize();
        this.partitions = config.topics().imagePartitions();
        this.views = config.masking().views();
        this.intervalSeconds = config.flink().checkpointInterval().toMillis() / 1000.0;
    }

    /** Views that were sent and are neither trained on nor dead letters yet. */
    long underWay(long sentImages, Counts counts) {
        return (sentImages - counts.deadLetters()) * views - counts.trained();
    }

    /** Images that are trained on in all their views, or dead letters. */
    long settled(Counts counts) {
        return counts.trained() / views + counts.deadLetters();
    }

    /** Whether one more image may be sent. */
    boolean allows(long sentImages, Counts counts) {
        long underWay = underWay(sentImages, counts);
        return underWay + views <= window(counts) && underWay < needed(counts);
    }

    private long window(Counts counts) {
        double rate = counts.imagesPerSecond();
        long batches =
                rate == 0
                        ? FIRST_BATCHES
                        : (long) Math.ceil(rate * intervalSeconds * CHECKPOINTS_UNDER_WAY / batch);
        return Math.max(FEWEST_BATCHES, batches) * batch + (long) (partitions - 1) * (batch - 1);
    }

    /** With several partitions a part of each one's last batch may lie there unfilled. */
    private long needed(Counts counts) {
        return steps.isEmpty()
                ? Long.MAX_VALUE
                : (steps.getAsLong() - counts.step()) * batch
                        + (long) (partitions - 1) * (batch - 1);
    }
}
