package io.kiln.operations.status;

import java.time.Instant;
import java.util.Optional;

/**
 * The last steps of a run.
 *
 * @param step optimiser steps taken; of several trainers, by the one that is ahead
 * @param samplesSeen images trained on, by all trainers
 * @param lastStep when the last one was taken, or its batch skipped
 * @param loss of the newest steps; empty until there are two
 * @param skipped how many of the newest batches in a row were skipped, by one trainer
 * @param rate throughput of the last minutes; empty if no step was taken in them
 */
public record LearningReading(
        long step,
        long samplesSeen,
        Instant lastStep,
        Optional<Loss> loss,
        int skipped,
        Optional<Rate> rate) {

    /**
     * Throughput of the steps of the last minutes.
     *
     * @param steps how many
     * @param imagesPerSecond waiting included
     * @param waitShare share of the time in which training waited for batches, 0 to 1
     */
    public record Rate(int steps, double imagesPerSecond, double waitShare) {}
}
