package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.input.RoundRobin;
import io.kiln.training.run.TrainingRun;
import java.util.OptionalDouble;
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
    private final Counter trainedSteps;
    private final Counter trainedImages;
    private final Counter stepNanos;
    private final PhaseMetrics phases;
    private final Counter annealingSteps;
    private final Counter skippedBatches;
    private final Counter withheldVersions;
    private final Counter foreignBatches;
    private final TrainingEvents events;
    private final SmoothedLoss smoothed = new SmoothedLoss();
    private volatile @Nullable TrainingStep last;
    private volatile double smoothedLoss = Double.NaN;
    private volatile double annealingLoss = Double.NaN;
    private volatile double lastStepTime;
    private volatile double lastEventTime;
    private volatile long step;
    private volatile long stepOfLastEvent;
    private volatile int skippedInARow;
    private volatile int waitingBatches;
    private volatile int awaitedPartition;
    private volatile long checkpointVersion;
    private volatile double eventSeconds;
    private volatile long stateBytes;
    private volatile double stateCopySeconds;
    private volatile double stateWriteSeconds;

    /**
     * @param publishes whether versions come from this trainer; of several, the first alone
     * @param run as it was begun or restored
     * @param secondsToStart that building the network and loading its state took
     */
    TrainingMetrics(
            MetricGroup operator,
            KilnConfig config,
            boolean publishes,
            TrainingRun run,
            double secondsToStart) {
        MetricGroup group = operator.addGroup(TrainingMetric.GROUP);
        events = new TrainingEvents(operator);
        checkpointVersion = run.version();
        step = run.step();
        stepOfLastEvent = run.progress().stepOfLastEvent();
        trainedSteps = TrainingMetric.TRAINED_STEPS.counter(group);
        trainedImages = TrainingMetric.TRAINED_IMAGES.counter(group);
        stepNanos = TrainingMetric.STEP_NANOS.counter(group);
        phases = new PhaseMetrics(group, run.trainer().phases());
        annealingSteps = TrainingMetric.ANNEALING_STEPS.counter(group);
        TrainingMetric.ANNEALING_LOSS.gauge(group, () -> annealingLoss);
        skippedBatches = TrainingMetric.SKIPPED_BATCHES.counter(group);
        withheldVersions = TrainingMetric.WITHHELD_VERSIONS.counter(group);
        TrainingMetric.SKIPPED_IN_A_ROW.gauge(group, () -> skippedInARow);
        foreignBatches = TrainingMetric.FOREIGN_BATCHES.counter(group);
        gauge(group, TrainingMetric.STEP, TrainingStep::getStep, run.step());
        gauge(group, TrainingMetric.SAMPLES_SEEN, TrainingStep::getSamplesSeen, run.samplesSeen());
        gauge(group, TrainingMetric.LOSS, TrainingStep::getLoss, Double.NaN);
        TrainingMetric.SMOOTHED_LOSS.gauge(group, () -> smoothedLoss);
        TrainingMetric.LAST_STEP_TIME.gauge(group, () -> lastStepTime);
        gauge(group, TrainingMetric.LEARNING_RATE, TrainingStep::getLearningRate, 0.0);
        gauge(group, TrainingMetric.GRADIENT_NORM, TrainingStep::getGradientNorm, Double.NaN);
        gauge(group, TrainingMetric.IMAGES_PER_SECOND, TrainingStep::getImagesPerSecond, 0.0);
        gauge(group, TrainingMetric.WAIT_SHARE, TrainingStep::getWaitShare, 0.0);
        TrainingMetric.WAITING_BATCHES.gauge(group, () -> waitingBatches);
        TrainingMetric.WAITS_FOR_PARTITION.gauge(group, () -> awaitedPartition);
        TrainingMetric.STATE_BYTES.gauge(group, () -> stateBytes);
        TrainingMetric.STATE_COPY_SECONDS.gauge(group, () -> stateCopySeconds);
        TrainingMetric.STATE_WRITE_SECONDS.gauge(group, () -> stateWriteSeconds);
        TrainingMetric.START_SECONDS.gauge(group, () -> secondsToStart);
        if (publishes) {
            TrainingMetric.QUIET_BATCHES.gauge(group, () -> config.topics().quietBatches());
            ofVersions(group, config.stepsBetweenEvents());
        }
    }

    private void ofVersions(MetricGroup group, long stepsBetweenEvents) {
        TrainingMetric.LAST_EVENT_TIME.gauge(group, () -> lastEventTime);
        TrainingMetric.STEPS_SINCE_EVENT.gauge(group, () -> step - stepOfLastEvent);
        TrainingMetric.STEPS_BETWEEN_EVENTS.gauge(group, () -> stepsBetweenEvents);
        TrainingMetric.CHECKPOINT_VERSION.gauge(group, () -> checkpointVersion);
        TrainingMetric.EVENT_SECONDS.gauge(group, () -> eventSeconds);
    }

    /** Shows a value of the last step; before the first one, another. */
    private <T> void gauge(
            MetricGroup group, TrainingMetric metric, Function<TrainingStep, T> value, T before) {
        Gauge<T> gauge =
                () -> {
                    TrainingStep step = last;
                    return step == null ? before : value.apply(step);
                };
        metric.gauge(group, gauge);
    }

    /**
     * @param inARow batches, this one among them, that could not be trained on
     */
    void stepped(TrainingStep taken, int inARow) {
        if (taken.getImages() == 0) {
            foreignBatches.inc();
            return; // not a step, so the last one stays in sight
        }
        last = taken;
        step = taken.getStep();
        skippedInARow = inARow;
        lastStepTime = now();
        stepNanos.inc((long) (taken.getSeconds() * 1e9));
        phases.stepped();
        if (taken.getSkipped()) {
            skippedBatches.inc();
            events.skipped(step, String.valueOf(taken.getSkipReason()));
            return;
        }
        trainedSteps.inc();
        trainedImages.inc(taken.getImages());
        smoothedLoss = smoothed.add(taken.getLoss());
    }

    /**
     * An annealing branch may have taken a step beside the last one.
     *
     * @param loss of it; empty if it has not
     */
    void annealed(OptionalDouble loss) {
        if (loss.isPresent()) {
            annealingSteps.inc();
            annealingLoss = loss.getAsDouble();
        }
    }

    /** In seconds since 1970. */
    private static double now() {
        return System.currentTimeMillis() / 1e3;
    }

    /** A version that was due was not published. */
    void withheld() {
        withheldVersions.inc();
        events.withheld(step);
    }

    /** Batches wait for one of another partition, which is next in the order. */
    void waiting(RoundRobin order) {
        waitingBatches = order.waiting();
        awaitedPartition = order.nextPartition();
    }

    /** An event's files were written, while training stood still. */
    void published(long version, long nanos) {
        checkpointVersion = version;
        stepOfLastEvent = step;
        lastEventTime = now();
        eventSeconds = nanos / 1e9;
        events.published(version, step, smoothedLoss);
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
