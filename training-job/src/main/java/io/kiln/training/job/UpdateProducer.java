package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.Update;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Announces changes. Without a transaction: a change that is announced again after a failure is the
 * same, and the trainers wait for none of Flink's checkpoints.
 */
final class UpdateProducer implements AutoCloseable {
    private final KilnConfig config;
    private final String topic;
    private final RecordSerializer<Update> serializer;
    private final KafkaProducer<byte[], byte[]> producer;

    UpdateProducer(KilnConfig config) {
        this.config = config;
        this.topic = config.topics().updates();
        this.serializer = new RecordSerializer<>(Clients.registry(config));
        this.producer =
                new KafkaProducer<>(
                        Clients.sink(config), new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * Sends an announcement, and waits until the broker has it.
     *
     * @throws BrokerException if it is refused
     */
    void send(Update update) throws InterruptedException {
        byte[] key = update.getRunId().getBytes(StandardCharsets.UTF_8);
        try {
            producer.send(new ProducerRecord<>(topic, 0, key, serializer.serialize(topic, update)))
                    .get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw cause instanceof RuntimeException failure
                    ? Clients.refused(config, failure, "topic " + topic)
                    : new BrokerException("announcing a change failed: " + cause, e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}
