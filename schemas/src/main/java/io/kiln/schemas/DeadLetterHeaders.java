package io.kiln.schemas;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Headers of a record of the dead-letter topic. Key and value are those of the record as it came;
 * every header is UTF-8 text. Part of the format: names and meanings do not change.
 */
public final class DeadLetterHeaders {
    /** Name of a {@link io.kiln.schemas.DeadLetterReason}, for instance TRUNCATED. */
    public static final String REASON = "kiln-reason";

    /** The reason in words: what was found, what was expected. At most 1000 characters. */
    public static final String DETAIL = "kiln-detail";

    /** Topic the record was read from. */
    public static final String TOPIC = "kiln-topic";

    /** Its partition, decimal. */
    public static final String PARTITION = "kiln-partition";

    /** Its offset, decimal. */
    public static final String OFFSET = "kiln-offset";

    /** ImageRecord.source, at most 1000 characters; absent if the record could not be read. */
    public static final String SOURCE = "kiln-source";

    /** ImageRecord.imageId, at most 1000 characters; absent if the record could not be read. */
    public static final String IMAGE_ID = "kiln-image-id";

    /**
     * Length of the value in bytes. Present only if the value was left out, because with these
     * headers it would be larger than a record may be. The value is in the record that {@link
     * #TOPIC}, {@link #PARTITION} and {@link #OFFSET} name.
     */
    public static final String OMITTED_BYTES = "kiln-omitted-bytes";

    /**
     * Offset, decimal, of a dead letter that has been sent again. Present only in a mark: a record
     * without key and value that says so.
     */
    public static final String REPLAYED = "kiln-replayed";

    /**
     * Place of the original record, as topic-partition@offset. Present only in the images topic, on
     * a record that was a dead letter and was sent again.
     */
    public static final String REPLAY_OF = "kiln-replay-of";

    private DeadLetterHeaders() {}

    /**
     * Text of a header.
     *
     * @return empty if the record has no such header
     */
    public static Optional<String> text(ConsumerRecord<byte[], byte[]> record, String name) {
        return Optional.ofNullable(record.headers().lastHeader(name))
                .map(Header::value)
                .map(value -> new String(value, StandardCharsets.UTF_8));
    }
}
