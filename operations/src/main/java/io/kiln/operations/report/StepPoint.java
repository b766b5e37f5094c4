package io.kiln.operations.report;

import io.kiln.config.TopicsConfig;
import io.kiln.schemas.TrainingStep;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What a report tells of one {@link TrainingStep}: its figures, without its names, since a run has
 * many steps.
 *
 * @param timeMillis when the record was written, in milliseconds since 1970
 * @param step optimiser steps taken, this one included; unchanged by a skipped batch
 * @param images in the batch; 0 if the record is no batch
 * @param skipped whether the weights are unchanged
 * @param batchPartition partition of sparse-batches that the batch was read from
 * @param batchOffset offset that it was read from
 */
public record StepPoint(
        long timeMillis,
        long step,
        long samplesSeen,
        int images,
        boolean skipped,
        double loss,
        double learningRate,
        double weightDecay,
        double gradientNorm,
        double seconds,
        double imagesPerSecond,
        double waitShare,
        int batchPartition,
        long batchOffset) {

    /** A step and the record that it was read from. */
    public static StepPoint of(ConsumerRecord<byte[], byte[]> record, TrainingStep step) {
        return of(Instant.ofEpochMilli(record.timestamp()), step);
    }

    static StepPoint of(Instant time, TrainingStep step) {
        return new StepPoint(
                time.toEpochMilli(),
                step.getStep(),
                step.getSamplesSeen(),
                step.getImages(),
                step.getSkipped(),
                step.getLoss(),
                step.getLearningRate(),
                step.getWeightDecay(),
                step.getGradientNorm(),
                step.getSeconds(),
                step.getImagesPerSecond(),
                step.getWaitShare(),
                step.getBatchPartition(),
                step.getBatchOffset());
    }

    /**
     * Number of the trainer that took it.
     *
     * @param trainers of the run
     */
    public int trainer(int trainers) {
        return TopicsConfig.trainerOf(batchPartition, trainers);
    }

    /** When the record was written. */
    public Instant time() {
        return Instant.ofEpochMilli(timeMillis);
    }

    /** Seconds of this step and of the wait for its batch; NaN if the record does not tell. */
    double secondsWithWait() {
        return waitShare < 1 ? seconds / (1 - waitShare) : Double.NaN;
    }
}
