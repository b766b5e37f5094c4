package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.KilnTopics;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.input.BatchInput;
import io.kiln.training.input.BatchInputDeserializer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/** Flink's harness around a training operator that reads the topics with the default names. */
final class TrainingHarness extends OneInputStreamOperatorTestHarness<BatchInput, KafkaMessage> {
    private static final String BATCHES = "sparse-batches";

    private final SchemaRegistry registry;

    TrainingHarness(KilnConfig config) throws Exception {
        super(new TrainingOperator(config));
        this.registry = Clients.registry(config);
        setup(KafkaMessageType.INFORMATION.createSerializer(new SerializerConfigImpl()));
    }

    /** What the operator emits goes no further, so the topics stay empty. */
    static void createTopics() {
        KilnTopics.create(config(Path.of("/nowhere")));
    }

    /** The configuration of a run of test batches on the servers of the tests. */
    static KilnConfig config(Path artifacts, String... more) {
        List<String> overrides = new ArrayList<>(List.of(more));
        overrides.add("kafka.bootstrapServers=" + TestServers.broker());
        overrides.add("registry.url=" + TestServers.registryUrl());
        return TestBatches.config(artifacts.toUri().toString(), overrides.toArray(String[]::new));
    }

    void process(SparseBatch batch, long offset) throws Exception {
        byte[] value = new RecordSerializer<SparseBatch>(registry).serialize(BATCHES, batch);
        processElement(
                new StreamRecord<>(
                        new BatchInput(BATCHES, 0, offset, Objects.requireNonNull(value))));
    }

    /** A record of any content. */
    void processValue(byte @Nullable [] value, long offset) throws Exception {
        new BatchInputDeserializer()
                .deserialize(
                        new ConsumerRecord<>(BATCHES, 0, offset, null, value),
                        new ListCollector<>(new ArrayList<>()) {
                            @Override
                            public void collect(BatchInput input) {
                                try {
                                    processElement(new StreamRecord<>(input));
                                } catch (Exception e) {
                                    throw new IllegalStateException(e);
                                }
                            }
                        });
    }

    /** Trains on the batches of these numbers, at offsets that are their numbers. */
    void train(int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            process(TestBatches.batch(i), i);
        }
        nothingComes();
    }

    /** So that the last batch waits for none behind it. */
    void nothingComes() throws Exception {
        setProcessingTime(getProcessingTime() + 1000);
    }

    /** Requires that the job ends for good. */
    static void requireEnded(ThrowingCallable attempt, String... words) {
        assertThatThrownBy(attempt)
                .isInstanceOf(NonRecoverableJobException.class)
                .cause()
                .hasMessageContainingAll(words);
    }

    List<TrainingStep> steps() {
        RecordDeserializer<TrainingStep> deserializer =
                new RecordDeserializer<>(registry, TrainingStep.class);
        return extractOutputValues().stream()
                .map(message -> deserializer.read(message.value()))
                .toList();
    }

    List<CheckpointEvent> events() {
        RecordDeserializer<CheckpointEvent> deserializer =
                new RecordDeserializer<>(registry, CheckpointEvent.class);
        Queue<StreamRecord<KafkaMessage>> events = getSideOutput(TrainingOperator.CHECKPOINTS);
        return events == null
                ? List.of()
                : events.stream()
                        .map(record -> deserializer.read(record.getValue().value()))
                        .toList();
    }
}
