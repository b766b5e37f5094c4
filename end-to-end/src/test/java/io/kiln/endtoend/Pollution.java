package io.kiln.endtoend;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.DeadLetterHeaders;
import io.kiln.schemas.ForeignRecord;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TrainingStep;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Sends each kind of {@link ForeignRecord} to each topic of a run, and to each what is impossible
 * there. Remembers where they lie.
 */
final class Pollution {
    private static final int IMPOSSIBLE_OFFSET = 1_000_000;

    private final KilnConfig config;
    private final Map<String, Map<Long, byte[]>> sent = new HashMap<>();

    Pollution(KilnConfig config) {
        this.config = config;
    }

    /**
     * What lies in a topic's first partition, by offset; a value of no bytes where there was none.
     */
    Map<Long, byte[]> in(String topic) {
        return sent.getOrDefault(topic, Map.of());
    }

    /** Sends one record of each kind to each topic. */
    void send() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = TestClients.producer(config)) {
            for (ForeignRecord kind : ForeignRecord.values()) {
                byte[] value = kind.value(config.registry().url());
                send(producer, config.topics().images(), "key", value);
                send(producer, config.topics().deadLetters(), "key", value);
                send(producer, config.topics().sparseBatches(), "key", value);
                send(producer, config.topics().trainingSteps(), config.training().runId(), value);
                send(producer, config.topics().checkpoints(), config.model().name(), value);
            }
            sendImpossible(producer);
        }
    }

    private void sendImpossible(KafkaProducer<byte[], byte[]> producer) throws Exception {
        String run = config.training().runId();
        String model = config.model().name();
        String images = config.topics().images();
        send(
                producer,
                images,
                "\u001b[31m",
                bytes(
                        images,
                        new ImageRecord(
                                "x".repeat(100_000),
                                "\u001b[31m",
                                "image/jpeg",
                                ByteBuffer.allocate(0),
                                null,
                                Map.of())));
        String batches = config.topics().sparseBatches();
        send(producer, batches, "key", bytes(batches, batch(0, Long.MAX_VALUE)));
        send(producer, batches, "key", bytes(batches, batch(1 << 24, 0)));

        String steps = config.topics().trainingSteps();
        TrainingStep.Builder step = TestRecords.step(run, 1).setModel(model);
        send(producer, steps, run, bytes(steps, step.setImages(-4).build()));
        send(
                producer,
                steps,
                run,
                bytes(steps, TestRecords.step(run, 1).setModel("").setBatchOffset(-1).build()));

        String checkpoints = config.topics().checkpoints();
        CheckpointEvent first = TestRecords.event(model, run, 1, 2).build();
        CheckpointEvent huge = TestRecords.event(model, run, 9L << 59, 9L << 59).build();
        CheckpointEvent unannounced =
                CheckpointEvents.withStatus(
                        TestRecords.event(model, run, IMPOSSIBLE_OFFSET, IMPOSSIBLE_OFFSET).build(),
                        CheckpointStatus.CANDIDATE,
                        Instant.EPOCH);
        unannounced.put("eventId", "another");
        send(producer, event(huge, CloudEventHeaders.CHECKPOINT));
        send(producer, event(unannounced, CloudEventHeaders.CHECKPOINT));
        send(producer, event(first, "io.kiln.checkpoint.v2"));
        send(producer, checkpoints, model, bytes(checkpoints, first)); // without headers

        ProducerRecord<byte[], byte[]> letter = record(config.topics().deadLetters(), "k", null);
        letter.headers().add(DeadLetterHeaders.TOPIC, images.getBytes(StandardCharsets.UTF_8));
        letter.headers().add(DeadLetterHeaders.PARTITION, new byte[] {'0'});
        letter.headers().add(DeadLetterHeaders.OFFSET, new byte[] {'-', '1'});
        send(producer, letter);
    }

    /** A batch of one image, of which one patch of 2 × 2 is visible. */
    private static SparseBatch batch(int column, long offset) {
        int patch = 32 * 32 * 3;
        return new SparseBatch(
                "batch",
                new Geometry(64, 64, 3, 32, 2, 2),
                0.6,
                42L,
                List.of(new ImageOrigin("id", "images", 0, offset, 0, 0, 0, 64, 64, false, false)),
                ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putInt(8, column),
                ByteBuffer.allocate(patch),
                ByteBuffer.allocate(3 * patch),
                SampleType.UINT8,
                List.of());
    }

    private ProducerRecord<byte[], byte[]> event(CheckpointEvent event, String type) {
        String topic = config.topics().checkpoints();
        ProducerRecord<byte[], byte[]> record =
                record(topic, event.getModel(), bytes(topic, event));
        CloudEventHeaders.of(event).addTo(record.headers());
        record.headers().remove("ce_type").add("ce_type", type.getBytes(StandardCharsets.UTF_8));
        return record;
    }

    private <T extends SpecificRecord> byte[] bytes(String topic, T value) {
        return new RecordSerializer<T>(Clients.registry(config)).serialize(topic, value);
    }

    private static ProducerRecord<byte[], byte[]> record(
            String topic, String key, byte @Nullable [] value) {
        return new ProducerRecord<>(topic, 0, key.getBytes(StandardCharsets.UTF_8), value);
    }

    private void send(
            KafkaProducer<byte[], byte[]> producer,
            String topic,
            String key,
            byte @Nullable [] value)
            throws Exception {
        send(producer, record(topic, key, value));
    }

    private void send(KafkaProducer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record)
            throws Exception {
        long offset = producer.send(record).get().offset();
        sent.computeIfAbsent(record.topic(), topic -> new HashMap<>())
                .put(offset, record.value() == null ? new byte[0] : record.value());
    }
}
