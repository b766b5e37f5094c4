package io.kiln.ingest;

import io.kiln.config.ConfigException;
import io.kiln.config.KafkaConfig;
import io.kiln.config.KilnConfig;
import io.kiln.config.RegistryConfig;
import io.kiln.config.TopicsConfig.ImageFormat;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SchemaRegistryException;
import io.kiln.schemas.SecretReferences;
import io.kiln.schemas.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends images to the images topic: acknowledged by all replicas and idempotent, so that retries
 * neither lose nor double. What is on its way is bounded by the producer's buffer; a full buffer
 * makes {@link #send} wait. Thread-safe.
 */
public final class ImageProducer implements AutoCloseable {
    private static final Duration CLOSE = Duration.ofSeconds(5);

    /** As long as a broker may be away in the middle of a run, if not configured otherwise. */
    private static final int DELIVERY_MILLIS = 120_000;

    private final KafkaProducer<String, ImageRecord> producer;
    private final String topic;
    private final String brokers;
    private final Duration patience;

    private ImageProducer(
            KafkaProducer<String, ImageRecord> producer,
            String topic,
            String brokers,
            Duration patience) {
        this.producer = producer;
        this.topic = topic;
        this.brokers = brokers;
        this.patience = patience;
    }

    /**
     * Makes sure that broker, topic and registry are there before anything is read.
     *
     * @throws ConfigException if images are configured to be raw images
     * @throws IngestException if one of them is not: which, where, after how many seconds
     */
    public static ImageProducer open(KilnConfig config) {
        if (config.topics().imageFormat() != ImageFormat.RECORD) {
            throw new ConfigException(
                    "topics.imageFormat: raw is not allowed for sending; expected record. Kiln does"
                            + " not write topics of raw images");
        }
        KafkaConfig kafka = config.kafka();
        String topic = config.topics().images();
        TopicCheck.require(kafka, config.topics());
        RegistryConfig registry = config.registry();
        SchemaRegistry schemas =
                new SchemaRegistry(
                        registry.url(),
                        registry.connectTimeout(),
                        registry.unknownIds(),
                        registry.properties());
        try {
            schemas.register(topic + "-value", ImageRecord.getClassSchema());
        } catch (SchemaRegistryException e) {
            throw new IngestException(String.valueOf(e.getMessage()), e);
        }
        try {
            Map<String, Object> settings = settings(kafka);
            return new ImageProducer(
                    new KafkaProducer<>(
                            settings, new StringSerializer(), new RecordSerializer<>(schemas)),
                    topic,
                    kafka.bootstrapServers(),
                    patience(settings));
        } catch (KafkaException e) {
            throw TopicCheck.wrongSettings(e);
        }
    }

    /**
     * The configured properties over what suits images; under what the guarantees need. Images are
     * compressed already.
     */
    private static Map<String, Object> settings(KafkaConfig kafka) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, "kiln-ingest");
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "none");
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 20);
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 1024 * 1024);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 2L * Topic.MAX_RECORD_BYTES);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_MILLIS);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, DELIVERY_MILLIS);
        settings.putAll(SecretReferences.late(kafka.clientProperties()));
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topic.MAX_RECORD_BYTES);
        return settings;
    }

    private static Duration patience(Map<String, Object> settings) {
        return Duration.ofMillis(
                Long.parseLong(
                        String.valueOf(settings.get(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG))));
    }

    /** How long the delivery of an image may take before it is given up. */
    Duration patience() {
        return patience;
    }

    /** Where the images go, for messages. */
    String destination() {
        return "topic " + topic + " at " + brokers;
    }

    /**
     * Hands over an image; its key is its identity. Waits while the buffer is full.
     *
     * @param delivery told, by another thread, that the image is stored or why it is not
     * @throws InterruptedException if interrupted while waiting; the image is not sent then
     */
    public void send(ImageRecord image, Callback delivery) throws InterruptedException {
        try {
            Future<RecordMetadata> unused = // the callback is told the same
                    producer.send(new ProducerRecord<>(topic, image.getImageId(), image), delivery);
        } catch (InterruptException e) {
            throw interrupted(e);
        }
    }

    /** Kafka's exception sets the thread's flag again, Java's does not. */
    private static InterruptedException interrupted(InterruptException cause) {
        Thread.interrupted();
        InterruptedException interrupted = new InterruptedException(cause.getMessage());
        interrupted.initCause(cause);
        return interrupted;
    }

    /** What is on its way after five seconds is dropped. Keeps a set interrupt flag set. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try {
            producer.close(CLOSE);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
