package io.kiln.ingest;

import io.kiln.config.DataSize;
import io.kiln.config.IngestConfig;
import java.util.List;
import java.util.Map;

/**
 * How {@link Ingest} treats what it finds.
 *
 * @param maxImageBytes larger files are refused, whatever headers say about their size
 * @param attributes kept beside each image
 * @param unrecognised what becomes of a file that begins like no image
 * @param tableColumns columns of tables that are sent; empty for the one that holds images
 */
public record IngestOptions(
        DataSize maxImageBytes,
        Map<String, String> attributes,
        Unrecognised unrecognised,
        List<String> tableColumns) {
    /** What becomes of a file that begins like no image. */
    public enum Unrecognised {
        /** It is refused and named. */
        REFUSE,
        /**
         * It is sent like an image, as application/octet-stream. The masking job then moves it to
         * the dead letters with a reason, so that it is kept and accounted for.
         */
        SEND
    }

    /** Largest limit: an image and its record's other fields fit into a record of any topic. */
    private static final long MOST_BYTES = 30 * 1024 * 1024;

    public IngestOptions {
        if (maxImageBytes.bytes() < 1 || maxImageBytes.bytes() > MOST_BYTES) {
            throw new IllegalArgumentException(
                    "maxImageBytes: "
                            + maxImageBytes
                            + " is not allowed; expected 1 to "
                            + new DataSize(MOST_BYTES));
        }
        attributes = Map.copyOf(attributes);
        tableColumns = List.copyOf(tableColumns);
    }

    /** As configured, without attributes; what is no image is refused. */
    public static IngestOptions of(IngestConfig config) {
        return new IngestOptions(
                config.maxImageBytes(), Map.of(), Unrecognised.REFUSE, config.parquetColumns());
    }

    /** These options with other attributes. */
    public IngestOptions withAttributes(Map<String, String> others) {
        return new IngestOptions(maxImageBytes, others, unrecognised, tableColumns);
    }

    /** These options with another treatment of what is no image. */
    public IngestOptions withUnrecognised(Unrecognised other) {
        return new IngestOptions(maxImageBytes, attributes, other, tableColumns);
    }
}
