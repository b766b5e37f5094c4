package io.kiln.schemas;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of records that Kiln did not write and that are passed over. Verbs print these lines. */
public final class ForeignRecords {
    private static final Logger LOG = LoggerFactory.getLogger(ForeignRecords.class);
    private static final int MAX_REASON_CHARACTERS = 500;

    private ForeignRecords() {}

    /** Warns that a record is passed over. */
    public static void passedOver(ConsumerRecord<byte[], byte[]> record, String reason) {
        passedOver(record.topic(), record.partition(), record.offset(), reason);
    }

    /** Warns that a record is passed over. */
    public static void passedOver(String topic, int partition, long offset, String reason) {
        LOG.warn(
                "passed over {} partition {} offset {}: {}",
                topic,
                partition,
                offset,
                printable(reason));
    }

    /** Text of others on one line: without control characters, and not too long. */
    public static String printable(String text) {
        String bounded =
                text.length() > MAX_REASON_CHARACTERS
                        ? text.substring(0, MAX_REASON_CHARACTERS) + "…"
                        : text;
        return bounded.replaceAll("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]", "?");
    }
}
