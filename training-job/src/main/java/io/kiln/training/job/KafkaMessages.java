package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.TrainingStep;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Serializes what the training operator emits. */
final class KafkaMessages {
    private final String stepsTopic;
    private final String eventsTopic;
    private final RecordSerializer<TrainingStep> steps;
    private final RecordSerializer<CheckpointEvent> events;

    KafkaMessages(KilnConfig config) {
        SchemaRegistry registry = Clients.registry(config);
        this.stepsTopic = config.topics().trainingSteps();
        this.eventsTopic = config.topics().checkpoints();
        this.steps = new RecordSerializer<>(registry);
        this.events = new RecordSerializer<>(registry);
    }

    StreamRecord<KafkaMessage> record(TrainingStep step) {
        byte[] value = Objects.requireNonNull(steps.serialize(stepsTopic, step));
        return new StreamRecord<>(new KafkaMessage(step.getRunId(), value, Map.of()));
    }

    StreamRecord<KafkaMessage> record(CheckpointEvent event) {
        byte[] value = Objects.requireNonNull(events.serialize(eventsTopic, event));
        return new StreamRecord<>(
                new KafkaMessage(event.getModel(), value, CloudEventHeaders.of(event).toMap()));
    }
}
