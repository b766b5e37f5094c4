package io.kiln.operations.deadletters;

import io.kiln.schemas.DeadLetterHeaders;

import org.apache.kafka.clients.consumer.ConsumerRecord;

import java.time.Instant;

/**
 * What the headers of a dead letter say.
 *
 * @param offset of the letter in the dead-letter topic: its name for people
 * @param time when it became one
 * @param reason why, for programs
 * @param detail why, in words
 * @param topic topic that the record was read from
 * @param partition of that topic
 * @param position offset in that partition
 * @param source where the image came from; empty if unknown
 * @param imageId identity of the image; empty if unknown
 * @param bytes length of the value that the letter holds; 0 if it holds none
 * @param omittedBytes length of a value that was too large to be held; 0 if none was
 * @param replayed whether it has been sent again
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
     * @throws IllegalArgumentException if the record is no dead letter, saying what it lacks
     */
    public static DeadLetterRecord of(ConsumerRecord<byte[], byte[]> record) {
        return new DeadLetterRecord(
                record.offset(),
                Instant.ofEpochMilli(record.timestamp()),
                DeadLetterHeaders.text(record, DeadLetterHeaders.REASON).orElse("?"),
                DeadLetterHeaders.text(record, DeadLetterHeaders.DETAIL).orElse(""),
                DeadLetterHeaders.text(record, DeadLetterHeaders.TOPIC)
                        .orElseThrow(() -> new IllegalArgumentException("no origin")),
                (int) number(record, DeadLetterHeaders.PARTITION),
                number(record, DeadLetterHeaders.OFFSET),
                DeadLetterHeaders.text(record, DeadLetterHeaders.SOURCE).orElse(""),
                DeadLetterHeaders.text(record, DeadLetterHeaders.IMAGE_ID).orElse(""),
                record.value() == null ? 0 : record.value().length,
                DeadLetterHeaders.text(record, DeadLetterHeaders.OMITTED_BYTES)
                        .map(Long::parseLong)
                        .orElse(0L),
                false);
    }

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

    /** Where the record was read, as in messages of the masking job. */
    public String origin() {
        return topic + "-" + partition + "@" + position;
    }

    /** Last part of the path that the image came from; of one without a source, where it stood. */
    public String name() {
        return source.isEmpty() ? origin() : source.substring(source.lastIndexOf('/') + 1);
    }

    private static long number(ConsumerRecord<byte[], byte[]> record, String name) {
        String text = DeadLetterHeaders.text(record, name).orElse("");
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " is \"" + text + "\"", e);
        }
    }
}
