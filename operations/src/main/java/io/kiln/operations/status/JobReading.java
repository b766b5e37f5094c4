package io.kiln.operations.status;

import io.kiln.kafka.KilnJob;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A job of the run, as Flink tells of it.
 *
 * @param job which
 * @param id in Flink; empty if Flink knows none
 * @param page address of the job in Flink's web interface; empty if Flink knows none
 * @param state in Flink's words; {@link #ABSENT} if Flink knows none
 * @param tasks number of its tasks
 * @param running how many of them run, or have finished
 * @param restarts since it was submitted
 * @param failures those that Flink remembers, newest first
 * @param checkpoint the last complete Flink checkpoint since it was submitted
 * @param started when it was submitted
 */
public record JobReading(
        KilnJob job,
        String id,
        String page,
        String state,
        int tasks,
        int running,
        long restarts,
        List<Failure> failures,
        Optional<FlinkCheckpoint> checkpoint,
        Instant started) {
    /** The state of a job that Flink does not know. */
    public static final String ABSENT = "ABSENT";

    public JobReading {
        failures = List.copyOf(failures);
    }

    /**
     * A failure.
     *
     * @param at when
     * @param cause its root cause
     */
    public record Failure(Instant at, String cause) {
        /** The first line of the cause. */
        public String line() {
            return cause.lines().findFirst().orElse("no reason given");
        }
    }

    /**
     * A complete Flink checkpoint.
     *
     * @param id counts up
     * @param completed when
     * @param bytes size of the job's whole state
     */
    public record FlinkCheckpoint(long id, Instant completed, long bytes) {}

    static JobReading absent(KilnJob job) {
        return new JobReading(
                job, "", "", ABSENT, 0, 0, 0, List.of(), Optional.empty(), Instant.EPOCH);
    }

    /** Whether the job has ended, or never began. */
    public boolean isOver() {
        return switch (state) {
            case ABSENT, "FINISHED", "CANCELED", "FAILED" -> true;
            default -> false;
        };
    }

    /** How many failures happened since a moment. */
    public long failuresSince(Instant since) {
        return failures.stream().filter(failure -> failure.at().isAfter(since)).count();
    }

    /** How long no Flink checkpoint has been completed, counted from the submission if ever. */
    public Duration sinceCheckpoint(Instant now) {
        return Duration.between(checkpoint.map(FlinkCheckpoint::completed).orElse(started), now);
    }
}
