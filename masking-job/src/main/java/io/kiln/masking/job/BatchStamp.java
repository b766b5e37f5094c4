package io.kiln.masking.job;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * When a batch was written, as a header of its record: in which succession of jobs, each of which
 * went on from the state of the one before, and after which checkpoint. So a job can tell whether
 * its state is older than the topic.
 *
 * @param lineage of jobs; a start without state begins another
 * @param checkpoint id of the last checkpoint before the batch was written; 0 before the first
 */
record BatchStamp(String lineage, long checkpoint) {
    /** Name of the header. Its value is text: the lineage, a colon, the id. */
    static final String HEADER = "kiln-written-after";

    void addTo(Headers headers) {
        headers.add(HEADER, (lineage + ":" + checkpoint).getBytes(StandardCharsets.UTF_8));
    }

    /** Empty if an earlier Kiln or another program wrote the record. */
    static Optional<BatchStamp> of(Headers headers) {
        Header header = headers.lastHeader(HEADER);
        if (header == null || header.value() == null) {
            return Optional.empty();
        }
        String text = new String(header.value(), StandardCharsets.UTF_8);
        int colon = text.lastIndexOf(':');
        try {
            return Optional.of(
                    new BatchStamp(
                            text.substring(0, Math.max(0, colon)),
                            Long.parseLong(text.substring(colon + 1))));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
