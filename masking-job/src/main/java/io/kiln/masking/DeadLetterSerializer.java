package io.kiln.masking;

import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A dead letter keeps the record's key and value as they came; what is known about it stands in
 * headers, as UTF-8 text: kiln-reason (a code), kiln-detail (a sentence), kiln-topic,
 * kiln-partition, kiln-offset (where the record is), kiln-source (where the picture came from, if
 * that could be read).
 */
final class DeadLetterSerializer implements KafkaRecordSerializationSchema<DeadLetter> {
    private static final long serialVersionUID = 1L;

    private final String topic;

    DeadLetterSerializer(String topic) {
        this.topic = topic;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            DeadLetter letter, KafkaSinkContext context, Long timestamp) {
        ImageInput input = letter.input();
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, input.key(), input.value());
        header(record, "kiln-reason", letter.reason());
        header(record, "kiln-detail", letter.detail());
        header(record, "kiln-topic", input.topic());
        header(record, "kiln-partition", Integer.toString(input.partition()));
        header(record, "kiln-offset", Long.toString(input.offset()));
        if (letter.source() != null) {
            header(record, "kiln-source", letter.source());
        }
        return record;
    }

    private static void header(ProducerRecord<byte[], byte[]> record, String name, String value) {
        record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
