package io.kiln.masking.job;

import io.kiln.config.KilnConfig;
import io.kiln.images.TestImages;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.schemas.CommittedRecords;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.Topic;
import io.kiln.schemas.TopicCatalogue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.avro.Schema;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Fills the topics that a masking job reads, and reads those that it writes. */
final class MaskingTopics {
    /** Partitions of a topic of images. */
    static final int PARTITIONS = 3;

    static final int VIEWS = 2;
    static final int BATCH_SIZE = 8;

    private final LocalBroker broker;
    private final SchemaRegistry registry;

    MaskingTopics(LocalBroker broker, LocalRegistry registry) {
        this.broker = broker;
        this.registry = new SchemaRegistry(registry.url(), Duration.ofSeconds(10));
    }

    /**
     * Creates the topics of one run.
     *
     * @param name of the run, part of the names of what it writes
     */
    void create(String images, Schema imagesSchema, String name) {
        try (Admin admin = Admin.create(kafka())) {
            new TopicCatalogue(
                            new Topic(images, PARTITIONS, null, imagesSchema),
                            new Topic("dlq-" + name, 1, null, null),
                            new Topic("batches-" + name, 1, null, SparseBatch.getClassSchema()),
                            new Topic("training-steps", 1, null, null),
                            new Topic("checkpoints", 1, null, null),
                            new Topic("holdout-" + name, 1, null, SparseBatch.getClassSchema()),
                            new Topic("evaluations", 1, null, null),
                            Optional.empty())
                    .create(admin, 1, registry);
        }
    }

    /**
     * Batches that are full before the input ends.
     *
     * @param held images that each partition keeps in its shuffle buffer
     */
    static int fullBatches(int images, int held) {
        return PARTITIONS * ((images / PARTITIONS - held) / BATCH_SIZE) * VIEWS;
    }

    /**
     * The configuration of a run whose batches wait until they are full.
     *
     * @param directory for Flink's checkpoints
     * @param more settings, which come last
     */
    KilnConfig config(String name, Path directory, List<String> more) {
        List<String> overrides =
                new ArrayList<>(
                        List.of(
                                "kafka.bootstrapServers=" + broker.bootstrapServers(),
                                "registry.url=" + registry.url(),
                                "topics.imagePartitions=" + PARTITIONS,
                                "topics.sparseBatches=batches-" + name,
                                "topics.deadLetters=dlq-" + name,
                                "topics.holdout=holdout-" + name,
                                "input.height=64",
                                "input.width=96",
                                "masking.flushAfter=10m",
                                "masking.views=" + VIEWS,
                                "masking.batchSize=" + BATCH_SIZE,
                                "flink.checkpointInterval=300ms",
                                "flink.checkpointDirectory="
                                        + directory.resolve("flink-" + name).toUri(),
                                "flink.restartDelay=100ms"));
        overrides.addAll(more);
        return KilnConfig.parse("", overrides);
    }

    /** Sends images of numbers from … to - 1 as records. */
    void send(String topic, int from, int to) {
        RecordSerializer<ImageRecord> serializer = new RecordSerializer<>(registry);
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = from; i < to; i++) {
                byte[] value = serializer.serialize(topic, record("image " + i, image(i)));
                producer.send(new ProducerRecord<>(topic, i % PARTITIONS, ascii("k" + i), value));
            }
        }
    }

    /**
     * Sends images of numbers from … to - 1 as files.
     *
     * @param different so many are; those of higher numbers are the first ones again
     */
    void sendRaw(String topic, int from, int to, int different) {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = from; i < to; i++) {
                byte[] key = ascii("camera");
                byte[] value = image(i % different);
                producer.send(new ProducerRecord<>(topic, i % PARTITIONS, key, value));
            }
        }
    }

    /**
     * Sends one record that cannot be used to each partition: text, an image that is cut short, and
     * no Avro.
     *
     * @return their values
     */
    List<byte[]> sendBad(String topic) {
        RecordSerializer<ImageRecord> serializer = new RecordSerializer<>(registry);
        byte[] jpeg = TestImages.jpeg(TestImages.scene(70, 90));
        List<byte[]> values =
                List.of(
                        serializer.serialize(topic, record("text", ascii("I am x.jpg"))),
                        serializer.serialize(topic, record("cut", Arrays.copyOf(jpeg, 900))),
                        ascii("this is no Avro"));
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = 0; i < values.size(); i++) {
                producer.send(new ProducerRecord<>(topic, i, ascii("bad" + i), values.get(i)));
            }
        }
        return values;
    }

    void deleteAll(String topic, int partition) {
        TopicPartition all = new TopicPartition(topic, partition);
        try (Admin admin = Admin.create(kafka())) {
            admin.deleteRecords(Map.of(all, RecordsToDelete.beforeOffset(-1))).all().get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Batches of a run that are committed. */
    List<SparseBatch> batches(String name) {
        RecordDeserializer<SparseBatch> deserializer =
                new RecordDeserializer<>(registry, SparseBatch.class);
        return CommittedRecords.of(broker.bootstrapServers(), "batches-" + name).stream()
                .map(record -> deserializer.read(record.value()))
                .toList();
    }

    /** Held-out images of a run that are committed. */
    List<SparseBatch> heldOut(String name) {
        RecordDeserializer<SparseBatch> deserializer =
                new RecordDeserializer<>(registry, SparseBatch.class);
        return CommittedRecords.of(broker.bootstrapServers(), "holdout-" + name).stream()
                .map(record -> deserializer.read(record.value()))
                .toList();
    }

    List<String> batchIds(String name, int partition) {
        return batches(name).stream()
                .filter(batch -> batch.getImages().get(0).getPartition() == partition)
                .map(SparseBatch::getBatchId)
                .toList();
    }

    /** Each view of each image in a run's batches, in their order. */
    List<String> views(String name) {
        List<String> views = new ArrayList<>();
        for (SparseBatch batch : batches(name)) {
            for (ImageOrigin origin : batch.getImages()) {
                views.add(origin.getImageId() + " view " + origin.getView());
            }
        }
        return views;
    }

    List<ConsumerRecord<byte[], byte[]>> deadLetters(String name) {
        return CommittedRecords.of(broker.bootstrapServers(), "dlq-" + name);
    }

    /** Another image for each number up to 149. */
    private static byte[] image(int number) {
        return TestImages.jpeg(TestImages.scene(70 + number % 50, 90 + number % 30));
    }

    private static ImageRecord record(String id, byte[] image) {
        return new ImageRecord(
                id, "test:" + id, "image/jpeg", ByteBuffer.wrap(image), null, Map.of());
    }

    private KafkaProducer<byte[], byte[]> producer() {
        return new KafkaProducer<>(kafka(), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private Map<String, Object> kafka() {
        return Map.of("bootstrap.servers", broker.bootstrapServers());
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
