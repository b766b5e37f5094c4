package io.kiln.evaluation.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.TopicReader;
import java.util.concurrent.atomic.AtomicLong;

/** What the topic of evaluations holds of a run. */
final class EvaluatedVersions {
    private EvaluatedVersions() {}

    /**
     * The newest version that has an evaluation; 0 if none has. A job without state goes on behind
     * it, so that no version has two evaluations.
     *
     * @throws io.kiln.schemas.BrokerException if no broker answers
     */
    static long newest(KilnConfig config) {
        String topic = config.topics().evaluations();
        JobRecords<Evaluation> records = new JobRecords<>(config, Evaluation.class, topic);
        AtomicLong newest = new AtomicLong();
        try (TopicReader reader = Clients.reader(config)) {
            reader.read(
                    reader.extent(topic),
                    record ->
                            records.readOrPassOver(record)
                                    .filter(e -> e.getModel().equals(config.model().name()))
                                    .filter(e -> e.getRunId().equals(config.training().runId()))
                                    .ifPresent(
                                            e ->
                                                    newest.accumulateAndGet(
                                                            e.getVersion(), Math::max)));
        }
        return newest.get();
    }
}
