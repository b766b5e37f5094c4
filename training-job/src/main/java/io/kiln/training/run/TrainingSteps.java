package io.kiln.training.run;

import io.kiln.config.KilnConfig;
import io.kiln.model.training.StepResult;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.input.BatchInput;

/** Makes the records of steps, as the topic training-steps holds them. */
final class TrainingSteps {
    private final KilnConfig config;

    TrainingSteps(KilnConfig config) {
        this.config = config;
    }

    /**
     * A step that the trainer took, or skipped because its loss or gradient is not finite.
     *
     * @param seconds that the step took
     * @param waited seconds that training waited for the batch
     */
    TrainingStep of(
            BatchInput input, SparseBatch batch, StepResult result, double seconds, double waited) {
        int images = batch.getImages().size();
        double all = seconds + waited;
        return new TrainingStep(
                config.training().runId(),
                result.step(),
                result.samplesSeen(),
                batch.getBatchId(),
                input.partition(),
                input.offset(),
                images,
                result.skipped(),
                result.skipped()
                        ? "loss " + result.loss() + ", gradient norm " + result.gradientNorm()
                        : null,
                result.loss(),
                result.learningRate(),
                result.weightDecay(),
                result.gradientNorm(),
                seconds,
                all > 0 ? images / all : 0,
                all > 0 ? waited / all : 0,
                config.model().name());
    }

    /**
     * A record that is no batch: skipped, with the reason.
     *
     * @param step optimiser steps taken so far
     * @param samplesSeen images trained on so far
     */
    TrainingStep foreign(
            BatchInput input,
            String reason,
            long step,
            long samplesSeen,
            double learningRate,
            double waited) {
        return TrainingStep.newBuilder()
                .setRunId(config.training().runId())
                .setStep(step)
                .setSamplesSeen(samplesSeen)
                .setBatchId("")
                .setBatchPartition(input.partition())
                .setBatchOffset(input.offset())
                .setImages(0)
                .setSkipped(true)
                .setSkipReason(ForeignRecords.printable(reason))
                .setLoss(Double.NaN)
                .setLearningRate(learningRate)
                .setWeightDecay(0)
                .setGradientNorm(Double.NaN)
                .setSeconds(0)
                .setImagesPerSecond(0)
                .setWaitShare(waited > 0 ? 1 : 0)
                .setModel(config.model().name())
                .build();
    }
}
