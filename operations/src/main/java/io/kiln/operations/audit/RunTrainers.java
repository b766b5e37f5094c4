package io.kiln.operations.audit;

import io.kiln.config.KilnConfig;
import io.kiln.operations.checkpoints.TrainerCount;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.TrainingStep;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** How many trainers each run has that took steps. */
final class RunTrainers {
    private final KilnConfig config;
    private final RecordDeserializer<TrainingStep> deserializer;
    private final Map<String, TrainerCount> counts = new HashMap<>();

    RunTrainers(KilnConfig config, SchemaRegistry registry) {
        this.config = config;
        this.deserializer =
                new RecordDeserializer<>(
                        registry, TrainingStep.class, config.topics().trainingSteps());
    }

    /** Takes the next record of training-steps. */
    void add(ConsumerRecord<byte[], byte[]> record) {
        TrainingStep step;
        try {
            step = deserializer.read(record);
        } catch (RecordFormatException e) {
            return; // a finding, once the steps are checked
        }
        counts.computeIfAbsent(step.getRunId(), run -> new TrainerCount()).add(step);
    }

    /** As is configured, or as its steps tell if another run is. */
    int of(String run) {
        TrainerCount count = counts.get(run);
        return count == null || run.equals(config.training().runId())
                ? config.topics().trainers()
                : count.trainers();
    }
}
