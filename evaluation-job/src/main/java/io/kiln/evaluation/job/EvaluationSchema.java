package io.kiln.evaluation.job;

import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Writes evaluations to the one partition of their topic. */
final class EvaluationSchema implements KafkaRecordSerializationSchema<EvaluationMessage> {
    private static final long serialVersionUID = 1L;

    private final String topic;

    EvaluationSchema(String topic) {
        this.topic = topic;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            EvaluationMessage message, KafkaSinkContext context, @Nullable Long timestamp) {
        byte[] key = message.key().getBytes(StandardCharsets.UTF_8);
        return new ProducerRecord<>(topic, 0, key, message.value());
    }
}
