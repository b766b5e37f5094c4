package io.kiln.demo;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.job.EvaluationJob;
import io.kiln.kafka.KilnJob;
import io.kiln.schemas.Evaluation;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.flink.api.common.JobID;

/**
 * The evaluation job of a demo, if images are held out. The demo trains without it: a job that
 * fails is told of once, and the evaluation of the last version is waited for only so long.
 */
final class Evaluating {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final EmbeddedFlink flink;
    private final RunRecord record;
    private final Optional<JobID> job;
    private boolean failed;

    private Evaluating(EmbeddedFlink flink, RunRecord record, Optional<JobID> job) {
        this.flink = flink;
        this.record = record;
        this.job = job;
    }

    /** Starts the job from its latest state, unless no image is held out. */
    static Evaluating start(EmbeddedFlink flink, KilnConfig config, RunRecord record) {
        Optional<JobID> job =
                config.evaluation().holdsOut()
                        ? Optional.of(
                                Jobs.submit(
                                        flink,
                                        KilnJob.EVALUATION,
                                        config,
                                        EvaluationJob.NAME,
                                        env -> EvaluationJob.define(env, config)))
                        : Optional.empty();
        return new Evaluating(flink, record, job);
    }

    /** Says once why the job has ended; empty while it runs. */
    Optional<String> failure() {
        if (failed || job.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> failure = flink.failure(job.get());
        failed = failure.isPresent();
        return failure.map(
                reason -> "evaluation ended: " + reason + "; training continues without it");
    }

    /**
     * Whether the evaluation of the last version is there, or will not come in time. The time
     * begins now.
     *
     * @param heldOut images that are held out; without one there is no evaluation
     */
    BooleanSupplier last(long heldOut) {
        long began = System.nanoTime();
        return () ->
                job.isEmpty()
                        || heldOut == 0
                        || failed
                        || isThere()
                        || System.nanoTime() - began > TIMEOUT.toNanos();
    }

    private boolean isThere() {
        List<Evaluation> all = record.evaluations();
        return !all.isEmpty() && all.get(all.size() - 1).getVersion() >= record.lastVersion();
    }
}
