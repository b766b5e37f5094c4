package io.kiln.training.job;

import io.kiln.schemas.TrainingStep;
import io.kiln.training.input.RoundRobin;
import io.kiln.training.run.TrainingRun;
import java.util.function.Function;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of training, in the group "training". The task writes them; Flink's web page and
 * reporters read them from other threads.
 */
final class TrainingMetrics {
    private final Counter skippedBatches;
    private volatile @Nullable TrainingStep last;
    private volatile int waitingBatches;
    private volatile int awaitedPartition;
    private volatile long checkpointVersion;
    private volatile double eventSeconds;
    private volatile long stateBytes;
    private volatile double stateCopySeconds;
    private volatile double stateWriteSeconds;

    /**
     * @param run as it was begun or restored
     * @param secondsToStart that building the network and loading its state took
     */
    TrainingMetrics(MetricGroup operator, TrainingRun run, double secondsToStart) {
        MetricGroup group = operator.addGroup("training");
        checkpointVersion = run.version();
        skippedBatches = group.counter("skippedBatches");
        gauge(group, "step", TrainingStep::getStep, run.step());
        gauge(group, "samplesSeen", TrainingStep::getSamplesSeen, run.samplesSeen());
        gauge(group, "loss", TrainingStep::getLoss, Double.NaN);
        gauge(group, "learningRate", TrainingStep::getLearningRate, 0.0);
        gauge(group, "gradientNorm", TrainingStep::getGradientNorm, Double.NaN);
        gauge(group, "imagesPerSecond", TrainingStep::getImagesPerSecond, 0.0);
        gauge(group, "waitShare", TrainingStep::getWaitShare, 0.0);
        group.gauge("waitingBatches", () -> waitingBatches);
        group.gauge("waitsForPartition", () -> awaitedPartition);
        group.gauge("checkpointVersion", () -> checkpointVersion);
        group.gauge("eventSeconds", () -> eventSeconds);
        group.gauge("stateBytes", () -> stateBytes);
        group.gauge("stateCopySeconds", () -> stateCopySeconds);
        group.gauge("stateWriteSeconds", () -> stateWriteSeconds);
        group.gauge("startSeconds", () -> secondsToStart);
    }

    /** Shows a value of the last step; before the first one, another. */
    private <T> void gauge(
            MetricGroup group, String name, Function<TrainingStep, T> value, T before) {
        Gauge<T> gauge =
                () -> {
                    TrainingStep step = last;
                    return step == null ? before : value.apply(step);
                };
        group.gauge(name, gauge);
    }

    void stepped(TrainingStep step) {
        last = step;
        if (step.getSkipped()) {
            skippedBatches.inc();
        }
    }

    /** Batches wait for one of another partition, which is next in the order. */
    void waiting(RoundRobin order) {
        waitingBatches = order.waiting();
        awaitedPartition = order.nextPartition();
    }

    /** An event's files were written, while training stood still. */
    void published(long version, long nanos) {
        checkpointVersion = version;
        eventSeconds = nanos / 1e9;
    }

    /** The state was copied, while training stood still. */
    void copied(long bytes, long nanos) {
        stateBytes = bytes;
        stateCopySeconds = nanos / 1e9;
    }

    /** A copy of the state was written, while training went on. */
    void written(long nanos) {
        stateWriteSeconds = nanos / 1e9;
    }
}
