package io.kiln.training.input;

/**
 * A record of sparse-batches. Its value stays in the wire format until the training operator
 * decodes it, because Flink would pass Avro's classes through Kryo.
 *
 * @param topic of the record
 * @param partition of the record
 * @param offset of the record
 * @param value SparseBatch in the registry's wire format; empty if the record has no value
 */
@SuppressWarnings("ArrayRecordComponent") // a message between operators, never compared
public record BatchInput(String topic, int partition, long offset, byte[] value) {
    /** Where the record stands, for messages. */
    public String place() {
        return topic + " partition " + partition + " offset " + offset;
    }
}
