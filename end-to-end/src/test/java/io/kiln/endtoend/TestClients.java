package io.kiln.endtoend;

import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.checkpoints.Start;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka clients for tests. */
final class TestClients {
    private TestClients() {}

    /** A producer of bytes. */
    static KafkaProducer<byte[], byte[]> producer(KilnConfig config) {
        return new KafkaProducer<>(
                Clients.properties(config), new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** A subscriber to all checkpoint events from the first. */
    static CheckpointSubscriber subscriber(KilnConfig config) {
        return new CheckpointSubscriber(
                Clients.properties(config),
                Clients.registry(config),
                config.topics().checkpoints(),
                Start.BEGINNING);
    }
}
