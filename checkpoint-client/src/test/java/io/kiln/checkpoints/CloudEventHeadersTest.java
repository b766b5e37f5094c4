package io.kiln.checkpoints;

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
    private static RecordHeaders headers(Map<String, String> values) {
        RecordHeaders headers = new RecordHeaders();
        values.forEach((name, value) -> headers.add(name, value.getBytes(StandardCharsets.UTF_8)));
        return headers;
    }

    @Test
    void attributesAreReadFromTheHeaders() {
        assertThat(CloudEventHeaders.of(headers(Events.headers(Events.event(3)))))
                .isEqualTo(
                        new CloudEventHeaders(
                                "run-v3-CANDIDATE",
                                "/kiln/tiny/run",
                                "io.kiln.checkpoint.v1",
                                "tiny/v3",
                                Instant.parse("2026-01-31T12:00:00.250Z"),
                                "application/avro"));
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
        Map<String, String> values = Events.headers(Events.event(3));
        values.remove(name);
        assertThatThrownBy(() -> CloudEventHeaders.of(headers(values)))
                .isInstanceOf(CheckpointException.class)
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
        Map<String, String> values = Events.headers(Events.event(3));
        values.put(name, value);
        assertThatThrownBy(() -> CloudEventHeaders.of(headers(values)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("its header " + name + " is \"" + value + "\"; expected ");
    }
}
