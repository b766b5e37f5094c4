package io.kiln.masking;

import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Batches to the partition of their trainer; the key is the trainer's index as text. */
final class BatchMessageSerializer implements KafkaRecordSerializationSchema<BatchMessage> {
    private static final long serialVersionUID = 1L;

    private final String topic;

    BatchMessageSerializer(String topic) {
        this.topic = topic;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            BatchMessage batch, KafkaSinkContext context, Long timestamp) {
        byte[] key = Integer.toString(batch.trainer()).getBytes(StandardCharsets.UTF_8);
        return new ProducerRecord<>(topic, batch.trainer(), key, batch.value());
    }
}
