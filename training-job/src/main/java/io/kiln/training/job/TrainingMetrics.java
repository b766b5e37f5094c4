package io.kiln.training.job;

import io.kiln.schemas.TrainingStep;
import io.kiln.training.input.RoundRobin;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * What Flink's web page and reporters show of training, in the group "training". Written by the
 * task, read by reporters.
 */
final class TrainingMetrics {
    private final Counter skippedBatches;
    private volatile TrainingStep last;
    private volatile int waitingBatches;
    private volatile int waitsForPartition;
    private volatile long checkpointVersion;
    private volatile double eventSeconds;
    private volatile long stateBytes;
    private volatile double stateCopySeconds;
    private volatile double stateWriteSeconds;

    /**
     * @param restored where the run stands
     * @param version of the last event
     * @param secondsToStart that building the network and loading its state took
     */
    TrainingMetrics(
            MetricGroup operator, TrainingStep restored, long version, double secondsToStart) {
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
        group.gauge("waitingBatches", () -> waitingBatches);
        group.gauge("waitsForPartition", () -> waitsForPartition);
        group.gauge("checkpointVersion", () -> checkpointVersion);
        group.gauge("eventSeconds", () -> eventSeconds);
        group.gauge("stateBytes", () -> stateBytes);
        group.gauge("stateCopySeconds", () -> stateCopySeconds);
        group.gauge("stateWriteSeconds", () -> stateWriteSeconds);
        group.gauge("startSeconds", () -> secondsToStart);
    }

    void stepped(TrainingStep step) {
        last = step;
        if (step.getSkipped()) {
            skippedBatches.inc();
        }
    }

    /** Batches wait for one of another partition, whose turn it is. */
    void waiting(RoundRobin turns) {
        waitingBatches = turns.waiting();
        waitsForPartition = turns.turn();
    }

    /** An event's files were written; training stood still for them. */
    void published(long version, long nanos) {
        checkpointVersion = version;
        eventSeconds = nanos / 1e9;
    }

    /** The state was copied; training stood still for it. */
    void copied(long bytes, long nanos) {
        stateBytes = bytes;
        stateCopySeconds = nanos / 1e9;
    }

    /** A copy of the state was written, beside training. */
    void written(long nanos) {
        stateWriteSeconds = nanos / 1e9;
    }
}
