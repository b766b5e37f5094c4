package io.kiln.schemas;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * CloudEvents 1.0 attributes of a checkpoint event, as the headers of its record carry them (Kafka
 * protocol binding, binary content mode: attribute x in header ce_x, UTF-8 text). The record's
 * value is the event's data: Avro in the registry's wire format, which has no media type of its
 * own.
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

    private static final String SPEC_VERSION = "ce_specversion";
    private static final String ID = "ce_id";
    private static final String SOURCE = "ce_source";
    private static final String TYPE = "ce_type";
    private static final String SUBJECT = "ce_subject";
    private static final String TIME = "ce_time";
    private static final String CONTENT_TYPE = "content-type";
    private static final String VERSION = "1.0";

    /** Attributes of an event that is to be sent. */
    public static CloudEventHeaders of(CheckpointEvent event) {
        return new CloudEventHeaders(
                event.getEventId(),
                "/kiln/" + event.getModel() + "/" + event.getRunId(),
                CHECKPOINT,
                event.getModel() + "/v" + event.getVersion(),
                event.getCreatedAt(),
                "application/avro");
    }

    /**
     * Attributes of a record that was received.
     *
     * @throws RecordFormatException naming the header, if one is missing or the record is no
     *     checkpoint event of a type known here
     */
    public static CloudEventHeaders read(Headers headers) {
        require(headers, SPEC_VERSION, VERSION);
        require(headers, TYPE, CHECKPOINT);
        return new CloudEventHeaders(
                text(headers, ID),
                text(headers, SOURCE),
                CHECKPOINT,
                text(headers, SUBJECT),
                time(text(headers, TIME)),
                text(headers, CONTENT_TYPE));
    }

    /** Names and values of the headers. */
    public Map<String, String> toMap() {
        Map<String, String> headers = new TreeMap<>();
        headers.put(SPEC_VERSION, VERSION);
        headers.put(ID, id);
        headers.put(SOURCE, source);
        headers.put(TYPE, type);
        headers.put(SUBJECT, subject);
        headers.put(TIME, time.toString());
        headers.put(CONTENT_TYPE, contentType);
        return headers;
    }

    /** Adds them to a record's headers. */
    public void addTo(Headers headers) {
        toMap().forEach((name, text) -> headers.add(name, text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void require(Headers headers, String name, String expected) {
        String found = text(headers, name);
        if (!found.equals(expected)) {
            throw new RecordFormatException(
                    "its header " + name + " is \"" + found + "\"; expected " + expected);
        }
    }

    private static String text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        if (header == null || header.value() == null) {
            throw new RecordFormatException("it has no header " + name);
        }
        return new String(header.value(), StandardCharsets.UTF_8);
    }

    private static Instant time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new RecordFormatException(
                    "its header "
                            + TIME
                            + " is \""
                            + text
                            + "\"; expected a time such as 2026-01-31T12:00:00Z",
                    e);
        }
    }
}
