package io.kiln.evaluation.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.TopicReader;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the topic of evaluations holds of a run. */
final class EvaluatedVersions {
    private EvaluatedVersions() {}

    /**
     * The evaluation of the newest version that has one; empty if none has. A job without state
     * goes on behind it, so that no version has two evaluations.
     *
     * @throws io.kiln.schemas.BrokerException if no broker answers
     */
    static Optional<Evaluation> newest(KilnConfig config) {
        String topic = config.topics().evaluations();
        JobRecords<Evaluation> records = new JobRecords<>(config, Evaluation.class, topic);
        AtomicReference<Evaluation> newest = new AtomicReference<>();
        try (TopicReader reader = Clients.reader(config)) {
            reader.read(
                    reader.extent(topic),
                    record ->
                            records.readOrPassOver(record)
                                    .filter(e -> e.getModel().equals(config.model().name()))
                                    .filter(e -> e.getRunId().equals(config.training().runId()))
                                    .filter(e -> isNewer(e, newest.get()))
                                    .ifPresent(newest::set));
        }
        return Optional.ofNullable(newest.get());
    }

    private static boolean isNewer(Evaluation one, @Nullable Evaluation other) {
        return other == null || one.getVersion() > other.getVersion();
    }
}
