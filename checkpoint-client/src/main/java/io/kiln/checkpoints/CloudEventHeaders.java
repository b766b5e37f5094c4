package io.kiln.checkpoints;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * CloudEvents 1.0 attributes of a checkpoint event, from the headers of its record (Kafka protocol
 * binding, binary content mode: attribute x in header ce_x).
 *
 * @param id identity of the event
 * @param source URI reference of the run that made it
 * @param type always {@link #CHECKPOINT}
 * @param subject model and version
 * @param time when the weights were written
 * @param contentType media type of the record's value
 */
public record CloudEventHeaders(
        String id, String source, String type, String subject, Instant time, String contentType) {
    /** Type of checkpoint events. What will mean something else will have another type. */
    public static final String CHECKPOINT = "io.kiln.checkpoint.v1";

    private static final String VERSION = "1.0";

    /**
     * @throws CheckpointException if an attribute is missing, or this is no checkpoint event of a
     *     kind known here
     */
    static CloudEventHeaders of(Headers headers) {
        require(headers, "ce_specversion", VERSION);
        require(headers, "ce_type", CHECKPOINT);
        return new CloudEventHeaders(
                text(headers, "ce_id"),
                text(headers, "ce_source"),
                CHECKPOINT,
                text(headers, "ce_subject"),
                time(text(headers, "ce_time")),
                text(headers, "content-type"));
    }

    private static void require(Headers headers, String name, String expected) {
        String found = text(headers, name);
        if (!found.equals(expected)) {
            throw new CheckpointException(
                    "its header " + name + " is \"" + found + "\"; expected " + expected);
        }
    }

    private static String text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        if (header == null || header.value() == null) {
            throw new CheckpointException("it has no header " + name);
        }
        return new String(header.value(), StandardCharsets.UTF_8);
    }

    private static Instant time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new CheckpointException(
                    "its header ce_time is \""
                            + text
                            + "\"; expected a time such as 2026-01-31T12:00:00Z",
                    e);
        }
    }
}
