package io.kiln.evaluation.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Identifiers;
import io.kiln.kafka.OpenTransactions;
import io.kiln.kafka.RunClaim;
import io.kiln.kafka.SinkGuard;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The evaluation job's exclusive right to the evaluations of a run ({@link RunClaim}), as its sink
 * knows it. Of two jobs, the one that was submitted later goes on: it finds what the other one has
 * published, whatever state it begins with, and what that had under way is aborted.
 */
final class EvaluationClaim implements SinkGuard {
    private static final long serialVersionUID = 1L;

    private final KilnConfig config;
    private final String submission;
    private transient @Nullable RunClaim claim;

    /**
     * @param submission identity of the submitted job, shared by its restarts
     */
    EvaluationClaim(KilnConfig config, String submission) {
        this.config = config;
        this.submission = submission;
    }

    /** The claim, for whoever does not take it but changes nothing without. */
    static RunClaim of(KilnConfig config, String submission) {
        String model = config.model().name();
        String run = config.training().runId();
        return new RunClaim(
                config,
                Identifiers.of("kiln-evaluator", model, run),
                config.topics().evaluations(),
                "evaluation job of run " + run + " of model " + model,
                submission);
    }

    /** Prefix of the transactional ids of the sink. */
    static String transactions(KilnConfig config) {
        return Identifiers.of("kiln-evaluations", config.model().name(), config.training().runId());
    }

    @Override
    public void opening(OptionalLong restoredCheckpoint, int subtask) {
        RunClaim opened = of(config, submission);
        claim = opened;
        try {
            opened.take(() -> {}, () -> abortAfter(restoredCheckpoint.orElse(0)));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private String abortAfter(long checkpoint) {
        try (OpenTransactions open = new OpenTransactions(config, List.of(transactions(config)))) {
            open.abortOwnAfter(checkpoint);
        }
        return submission;
    }

    @Override
    public void committing() {
        Objects.requireNonNull(claim, "opening() comes first").renew(submission);
    }

    @Override
    public void snapshotted(long checkpoint) {
        // Nothing that is written names it.
    }

    @Override
    public void close() {
        if (claim != null) {
            claim.close();
        }
    }
}
