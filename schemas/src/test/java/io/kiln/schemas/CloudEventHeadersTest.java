package io.kiln.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloudEventHeadersTest {
    private static final CheckpointEvent EVENT =
            TestRecords.event("tiny", "run-1", 3, 30)
                    .setCreatedAt(Instant.parse("2026-01-31T12:00:00.250Z"))
                    .build();

    private static RecordHeaders headers(Map<String, String> values) {
        RecordHeaders headers = new RecordHeaders();
        values.forEach((name, value) -> headers.add(name, value.getBytes(StandardCharsets.UTF_8)));
        return headers;
    }

    @Test
    void headersAreThoseOfTheKafkaBindingInBinaryMode() {
        assertThat(CloudEventHeaders.of(EVENT).toMap())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(
                                "ce_specversion", "1.0",
                                "ce_id", "run-1-v3-candidate",
                                "ce_source", "/kiln/tiny/run-1",
                                "ce_type", "io.kiln.checkpoint.v1",
                                "ce_time", "2026-01-31T12:00:00.250Z",
                                "ce_subject", "tiny/v3",
                                "content-type", "application/avro"));
    }

    @Test
    void whatIsWrittenIsRead() {
        RecordHeaders headers = new RecordHeaders();
        CloudEventHeaders.of(EVENT).addTo(headers);
        assertThat(CloudEventHeaders.read(headers)).isEqualTo(CloudEventHeaders.of(EVENT));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ce_specversion",
                "ce_id",
                "ce_source",
                "ce_type",
                "ce_time",
                "ce_subject",
                "content-type"
            })
    void missingAttributeIsNamed(String name) {
        Map<String, String> values = CloudEventHeaders.of(EVENT).toMap();
        values.remove(name);
        assertThatThrownBy(() -> CloudEventHeaders.read(headers(values)))
                .isInstanceOf(RecordFormatException.class)
                .hasMessage("it has no header " + name);
    }

    @ParameterizedTest
    @CsvSource({
        "ce_type, io.kiln.checkpoint.v2",
        "ce_specversion, 2.0",
        "ce_time, yesterday",
        "ce_time, 2026-01-31"
    })
    void attributeOfAnotherKindIsNamedWithWhatWasExpected(String name, String value) {
        Map<String, String> values = CloudEventHeaders.of(EVENT).toMap();
        values.put(name, value);
        assertThatThrownBy(() -> CloudEventHeaders.read(headers(values)))
                .isInstanceOf(RecordFormatException.class)
                .hasMessageContaining("its header " + name + " is \"" + value + "\"; expected ");
    }
}
