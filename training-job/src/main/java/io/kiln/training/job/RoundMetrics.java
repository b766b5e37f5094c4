package io.kiln.training.job;

import io.kiln.schemas.Update;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/**
 * What a trainer tells of its rounds. The task writes it; Flink's web page and reporters read it
 * from other threads.
 */
final class RoundMetrics {
    private static final int NOBODY = -1;

    private final Counter waitNanos;
    private final Counter writtenBytes;
    private final Counter readBytes;
    private volatile long round;
    private volatile double waitingSince;
    private volatile int waitsForTrainer = NOBODY;
    private volatile double finishSeconds;
    private Instant lastTurn = Instant.now();

    /**
     * @param trainer the group of the trainer
     * @param round that it is in
     * @param pending records of its partitions that it has not taken
     */
    RoundMetrics(MetricGroup trainer, long round, Gauge<Long> pending) {
        MetricGroup group = trainer.addGroup(TrainingMetric.GROUP);
        this.round = round;
        waitNanos = RoundMetric.WAIT_NANOS.counter(group);
        writtenBytes = RoundMetric.WRITTEN_BYTES.counter(group);
        readBytes = RoundMetric.READ_BYTES.counter(group);
        RoundMetric.PENDING_RECORDS.gauge(group, pending);
        RoundMetric.ROUND.gauge(group, () -> this.round);
        RoundMetric.WAITING_SINCE.gauge(group, () -> waitingSince);
        RoundMetric.WAITS_FOR_TRAINER.gauge(group, () -> waitsForTrainer);
        RoundMetric.FINISH_SECONDS.gauge(group, () -> finishSeconds);
    }

    /** When the trainer last went on. */
    Instant lastTurn() {
        return lastTurn.truncatedTo(ChronoUnit.SECONDS);
    }

    /** Whether the trainer has not gone on for so long. */
    boolean isStalledFor(Duration time) {
        return lastTurn.plus(time).isBefore(Instant.now());
    }

    /** The trainer went on. */
    void wentOn() {
        lastTurn = Instant.now();
    }

    /**
     * The trainer cannot end its round.
     *
     * @param others whose changes it waits for, one at least
     */
    void waits(List<Integer> others) {
        waitsForTrainer = others.get(0);
        waitingSince = lastTurn.toEpochMilli() / 1e3;
    }

    /** The trainer has announced what it has changed. */
    void announced(Update change) {
        writtenBytes.inc(change.getBytes());
    }

    /**
     * A round begins.
     *
     * @param number of the round
     * @param begun when its subtask began to read the changes of the last one
     */
    void begins(long number, Instant begun) {
        if (waitsForTrainer != NOBODY) {
            waitNanos.inc(Duration.between(lastTurn, begun).toNanos());
        }
        round = number;
        waitsForTrainer = NOBODY;
        waitingSince = 0;
        finishSeconds = Duration.between(begun, Instant.now()).toNanos() / 1e9;
    }

    /** The subtask has read changes of all trainers. */
    void read(long bytes) {
        readBytes.inc(bytes);
    }
}
