package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.RecordSerializer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends events that change a version's status. In no transaction: one that its owner leaves open
 * would hold up all readers of the topic, and the trainer among them.
 */
public final class CheckpointAnnouncement {
    private CheckpointAnnouncement() {}

    /**
     * Sends an event, and waits until it is in the topic.
     *
     * @throws BrokerException if the broker does not accept it
     * @throws InterruptedException if the thread is interrupted meanwhile; the event may have gone
     *     out
     */
    public static void send(KilnConfig config, CheckpointEvent event) throws InterruptedException {
        String topic = config.topics().checkpoints();
        byte[] value =
                new RecordSerializer<CheckpointEvent>(Clients.registry(config))
                        .serialize(topic, event);
        byte[] key = event.getModel().getBytes(StandardCharsets.UTF_8);
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, 0, key, value);
        CloudEventHeaders.of(event).addTo(record.headers());
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        Clients.properties(config),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            producer.send(record).get();
        } catch (ExecutionException e) {
            throw new BrokerException(
                    "the Kafka broker did not accept the event: " + e.getMessage(), e);
        }
    }
}
