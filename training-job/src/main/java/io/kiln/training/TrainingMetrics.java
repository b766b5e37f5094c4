package io.kiln.training;

import io.kiln.schemas.TrainingStep;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * What Flink's web page and reporters show of training, in the group "training". Written by the
 * task, read by reporters.
 */
final class TrainingMetrics {
    private final Counter skippedBatches;
    private volatile TrainingStep last;
    private volatile long checkpointVersion;

    TrainingMetrics(MetricGroup operator, TrainingStep restored, long version) {
        MetricGroup group = operator.addGroup("training");
        last = restored;
        checkpointVersion = version;
        skippedBatches = group.counter("skippedBatches");
        group.gauge("step", () -> last.getStep());
        group.gauge("samplesSeen", () -> last.getSamplesSeen());
        group.gauge("loss", () -> last.getLoss());
        group.gauge("learningRate", () -> last.getLearningRate());
        group.gauge("gradientNorm", () -> last.getGradientNorm());
        group.gauge("imagesPerSecond", () -> last.getImagesPerSecond());
        group.gauge("waitShare", () -> last.getWaitShare());
        group.gauge("checkpointVersion", () -> checkpointVersion);
    }

    void stepped(TrainingStep step) {
        last = step;
        if (step.getSkipped()) {
            skippedBatches.inc();
        }
    }

    void published(long version) {
        checkpointVersion = version;
    }
}
