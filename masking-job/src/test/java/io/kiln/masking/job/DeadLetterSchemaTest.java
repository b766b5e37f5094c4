package io.kiln.masking.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.Position;
import io.kiln.schemas.DeadLetterReason;
import io.kiln.schemas.Topic;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class DeadLetterSchemaTest {
    private static final Position POSITION = new Position("images", 3, 12_345_678_901L);

    private final DeadLetterSchema schema = new DeadLetterSchema("images.dlq");

    @Test
    void keyAndValueStayAsTheyCame() {
        byte[] key = {1, -2};
        byte[] value = {0, 9, 8};
        ProducerRecord<byte[], byte[]> record =
                write(new ImageInput(POSITION, key, value), "cut short", "file:/a.jpg", "id");
        assertThat(record.topic()).isEqualTo("images.dlq");
        assertThat(record.key()).isSameAs(key);
        assertThat(record.value()).isSameAs(value);
    }

    @Test
    void headersSayWhyAndWhere() {
        ImageInput image = new ImageInput(POSITION, null, new byte[1]);
        assertThat(headers(write(image, "cut short", "file:/\u00E9.jpg", "id")))
                .containsExactly(
                        Map.entry("kiln-reason", "TRUNCATED"),
                        Map.entry("kiln-detail", "cut short"),
                        Map.entry("kiln-topic", "images"),
                        Map.entry("kiln-partition", "3"),
                        Map.entry("kiln-offset", "12345678901"),
                        Map.entry("kiln-source", "file:/\u00E9.jpg"),
                        Map.entry("kiln-image-id", "id"));
    }

    @Test
    void whatIsNotKnownIsAbsent() {
        ImageInput image = new ImageInput(POSITION, null, null);
        assertThat(headers(write(image, "no value", "", "")))
                .doesNotContainKeys("kiln-source", "kiln-image-id", "kiln-omitted-bytes");
        assertThat(write(image, "no value", "", "").value()).isNull();
    }

    @Test
    void longTextIsCut() {
        ImageInput image = new ImageInput(POSITION, null, new byte[1]);
        assertThat(headers(write(image, "x".repeat(5000), "y".repeat(5000), "")))
                .containsEntry("kiln-detail", "x".repeat(1000))
                .containsEntry("kiln-source", "y".repeat(1000));
    }

    @Test
    void whateverTheImagesTopicTakesIsKeptWhole() {
        ImageInput largest = new ImageInput(POSITION, null, new byte[Topic.MAX_RECORD_BYTES]);
        assertThat(write(largest, "x".repeat(5000), "y".repeat(5000), "").value())
                .hasSize(Topic.MAX_RECORD_BYTES);
    }

    @Test
    void valueThatLeavesNoRoomForHeadersIsLeftOutAndItsLengthIsKept() {
        int largest = DeadLetterSchema.largestContent();
        byte[] key = {1};
        ImageInput fits = new ImageInput(POSITION, key, new byte[largest - 1]);
        assertThat(write(fits, "", "", "").value()).hasSize(largest - 1);
        ImageInput tooLarge = new ImageInput(POSITION, key, new byte[largest]);
        ProducerRecord<byte[], byte[]> record = write(tooLarge, "", "", "");
        assertThat(record.value()).isNull();
        assertThat(headers(record)).containsEntry("kiln-omitted-bytes", Integer.toString(largest));
    }

    private ProducerRecord<byte[], byte[]> write(
            ImageInput image, String detail, String source, String imageId) {
        return schema.serialize(
                new DeadLetter(image, DeadLetterReason.TRUNCATED, detail, source, imageId),
                null,
                null);
    }

    private static Map<String, String> headers(ProducerRecord<byte[], byte[]> record) {
        Map<String, String> headers = new LinkedHashMap<>();
        record.headers()
                .forEach(h -> headers.put(h.key(), new String(h.value(), StandardCharsets.UTF_8)));
        return headers;
    }
}
