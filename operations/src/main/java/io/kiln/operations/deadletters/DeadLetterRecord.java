package io.kiln.operations.deadletters;

import io.kiln.schemas.DeadLetterHeaders;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A dead letter as its headers describe it.
 *
 * @param offset offset in the dead-letter topic, which identifies it
 * @param time when it was written
 * @param reason name of a {@link io.kiln.schemas.DeadLetterReason}
 * @param detail the reason in words
 * @param topic topic that the record was read from
 * @param partition partition of that topic
 * @param position offset in that partition
 * @param source where the image came from; empty if unknown
 * @param imageId identity of the image; empty if unknown
 * @param bytes length of its value; 0 if it has none
 * @param omittedBytes length of a value that was too large to keep; 0 if none was omitted
 * @param replayed whether it has been replayed
 */
public record DeadLetterRecord(
        long offset,
        Instant time,
        String reason,
        String detail,
        String topic,
        int partition,
        long position,
        String source,
        String imageId,
        int bytes,
        long omittedBytes,
        boolean replayed) {

    /**
     * Parses the headers of a record.
     *
     * @throws IllegalArgumentException if the record is not a dead letter; the message names what
     *     is missing
     */
    public static DeadLetterRecord of(ConsumerRecord<byte[], byte[]> record) {
        return new DeadLetterRecord(
                record.offset(),
                Instant.ofEpochMilli(record.timestamp()),
                DeadLetterHeaders.text(record, DeadLetterHeaders.REASON).orElse("?"),
                DeadLetterHeaders.text(record, DeadLetterHeaders.DETAIL).orElse(""),
                DeadLetterHeaders.text(record, DeadLetterHeaders.TOPIC)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "it has no header " + DeadLetterHeaders.TOPIC)),
                (int) number(record, DeadLetterHeaders.PARTITION, Integer.MAX_VALUE),
                number(record, DeadLetterHeaders.OFFSET, Long.MAX_VALUE),
                DeadLetterHeaders.text(record, DeadLetterHeaders.SOURCE).orElse(""),
                DeadLetterHeaders.text(record, DeadLetterHeaders.IMAGE_ID).orElse(""),
                record.value() == null ? 0 : record.value().length,
                record.headers().lastHeader(DeadLetterHeaders.OMITTED_BYTES) == null
                        ? 0
                        : number(record, DeadLetterHeaders.OMITTED_BYTES, Long.MAX_VALUE),
                false);
    }

    /** The same dead letter, replayed. */
    DeadLetterRecord asReplayed() {
        return new DeadLetterRecord(
                offset,
                time,
                reason,
                detail,
                topic,
                partition,
                position,
                source,
                imageId,
                bytes,
                omittedBytes,
                true);
    }

    /** Where the record was read: topic-partition@offset, as the masking job writes it. */
    public String origin() {
        return topic + "-" + partition + "@" + position;
    }

    /** File name of the image; where its record was read if the source is unknown. */
    public String name() {
        return source.isEmpty() ? origin() : source.substring(source.lastIndexOf('/') + 1);
    }

    private static long number(ConsumerRecord<byte[], byte[]> record, String name, long largest) {
        String text = DeadLetterHeaders.text(record, name).orElse("");
        try {
            long number = Long.parseLong(text);
            if (number >= 0 && number <= largest) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new IllegalArgumentException(
                name + " is \"" + text + "\", not a number from 0 to " + largest);
    }
}
