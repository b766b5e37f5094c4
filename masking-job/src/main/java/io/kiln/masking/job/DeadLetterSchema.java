package io.kiln.masking.job;

import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.Position;
import io.kiln.schemas.DeadLetterHeaders;
import io.kiln.schemas.Topic;
import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Writes a dead letter: the record as it came, with {@link DeadLetterHeaders}. */
final class DeadLetterSchema implements KafkaRecordSerializationSchema<DeadLetter> {
    private static final long serialVersionUID = 1L;
    private static final int MAX_HEADER_CHARACTERS = 1000;

    /** Bytes of the headers, at most four a character, and of what Kafka adds to a record. */
    private static final int OVERHEAD_BYTES = 3 * 4 * MAX_HEADER_CHARACTERS + 4096;

    private final String topic;

    DeadLetterSchema(String topic) {
        this.topic = topic;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            DeadLetter letter, KafkaSinkContext context, @Nullable Long timestamp) {
        ImageInput image = letter.image();
        Headers headers = headers(letter);
        byte[] value = image.value();
        if (value != null && length(image.key()) + value.length > largestContent()) {
            add(headers, DeadLetterHeaders.OMITTED_BYTES, Integer.toString(value.length));
            value = null;
        }
        return new ProducerRecord<>(topic, null, image.key(), value, headers);
    }

    /** Most bytes of key and value together that a dead letter can hold. */
    static int largestContent() {
        return Topic.MAX_DEAD_LETTER_BYTES - OVERHEAD_BYTES;
    }

    private static int length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private static Headers headers(DeadLetter letter) {
        Position position = letter.image().position();
        Headers headers = new RecordHeaders();
        add(headers, DeadLetterHeaders.REASON, letter.reason().name());
        add(headers, DeadLetterHeaders.DETAIL, letter.detail());
        add(headers, DeadLetterHeaders.TOPIC, position.topic());
        add(headers, DeadLetterHeaders.PARTITION, Integer.toString(position.partition()));
        add(headers, DeadLetterHeaders.OFFSET, Long.toString(position.offset()));
        if (!letter.source().isEmpty()) {
            add(headers, DeadLetterHeaders.SOURCE, letter.source());
        }
        if (!letter.imageId().isEmpty()) {
            add(headers, DeadLetterHeaders.IMAGE_ID, letter.imageId());
        }
        return headers;
    }

    private static void add(Headers headers, String name, String text) {
        String bounded =
                text.length() > MAX_HEADER_CHARACTERS
                        ? text.substring(0, MAX_HEADER_CHARACTERS)
                        : text;
        headers.add(name, bounded.getBytes(StandardCharsets.UTF_8));
    }
}
