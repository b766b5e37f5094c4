package io.kiln.training.input;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record of sparse-batches, or of updates. Its value stays in the wire format until the training
 * operator decodes it, because Flink would pass Avro's classes through Kryo.
 *
 * @param topic of the record
 * @param partition of the record
 * @param offset of the record
 * @param value SparseBatch or Update in the registry's wire format; empty if the record has no
 *     value
 */
@SuppressWarnings("ArrayRecordComponent") // a message between operators, never compared
public record BatchInput(String topic, int partition, long offset, byte[] value) {
    private static final byte[] NO_VALUE = {};

    /** A record as it came from Kafka. */
    public static BatchInput of(ConsumerRecord<byte[], byte[]> record) {
        byte[] value = record.value() == null ? NO_VALUE : record.value();
        return new BatchInput(record.topic(), record.partition(), record.offset(), value);
    }

    /** Where the record stands, for messages. */
    public String place() {
        return topic + " partition " + partition + " offset " + offset;
    }
}
