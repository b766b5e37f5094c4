package io.kiln.model.training;

/**
 * What a training step did.
 *
 * @param step optimiser steps taken, this one included; unchanged by a skipped step
 * @param samplesSeen images trained on, these included; unchanged by a skipped step
 * @param loss mean squared error over masked patches, in units of each patch's own standard
 *     deviation
 * @param learningRate of this step
 * @param weightDecay of this step
 * @param gradientNorm global L2 norm before clipping
 * @param skipped whether loss or gradient was not finite, or the batch too small for batch
 *     statistics: everything was left as it was
 */
public record StepResult(
        long step,
        long samplesSeen,
        double loss,
        double learningRate,
        double weightDecay,
        double gradientNorm,
        boolean skipped) {}
