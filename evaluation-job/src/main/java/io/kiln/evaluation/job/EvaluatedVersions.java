package io.kiln.evaluation.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.Evaluation;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the topic of evaluations holds of a run. */
final class EvaluatedVersions {
    private EvaluatedVersions() {}

    /**
     * The evaluation of the newest version that has one; empty if none has. A job without state, or
     * with one from before it, goes on behind it, so that no version has two evaluations.
     *
     * @throws io.kiln.schemas.BrokerException if no broker answers
     */
    static Optional<Evaluation> newest(KilnConfig config) {
        String topic = config.topics().evaluations();
        JobRecords<Evaluation> records = new JobRecords<>(config, Evaluation.class, topic);
        AtomicReference<Evaluation> newest = new AtomicReference<>();
        records.readAll(
                config,
                one -> {
                    if (isOfTheRun(one, config) && isNewer(one, newest.get())) {
                        newest.set(one);
                    }
                });
        return Optional.ofNullable(newest.get());
    }

    private static boolean isOfTheRun(Evaluation one, KilnConfig config) {
        return one.getModel().equals(config.model().name())
                && one.getRunId().equals(config.training().runId());
    }

    private static boolean isNewer(Evaluation one, @Nullable Evaluation other) {
        return other == null || one.getVersion() > other.getVersion();
    }
}
