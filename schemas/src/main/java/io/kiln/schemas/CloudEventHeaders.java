package io.kiln.schemas;

import java.util.Map;
import java.util.TreeMap;

/**
 * Headers of a checkpoint event by the Kafka protocol binding of CloudEvents 1.0 in binary mode:
 * attributes as ce_ headers, the record's value as data. The data is Avro in the registry's wire
 * format, which has no media type of its own.
 */
public final class CloudEventHeaders {
    private static final String TYPE = "io.kiln.checkpoint.v1";

    private CloudEventHeaders() {}

    /** Names and values, UTF-8 text. */
    public static Map<String, String> of(CheckpointEvent event) {
        Map<String, String> headers = new TreeMap<>();
        headers.put("ce_specversion", "1.0");
        headers.put("ce_id", event.getEventId());
        headers.put("ce_source", "/kiln/" + event.getModel() + "/" + event.getRunId());
        headers.put("ce_type", TYPE);
        headers.put("ce_time", event.getCreatedAt().toString());
        headers.put("ce_subject", event.getModel() + "/v" + event.getVersion());
        headers.put("content-type", "application/avro");
        return headers;
    }
}
