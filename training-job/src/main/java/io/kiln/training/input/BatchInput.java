package io.kiln.training.input;

/**
 * A record of sparse-batches as it came. The value stays bytes until the operator decodes it:
 * Avro's classes would otherwise go through Kryo between operators.
 *
 * @param topic of the record
 * @param partition of the record
 * @param offset of the record
 * @param value SparseBatch in the registry's wire format
 */
@SuppressWarnings("ArrayRecordComponent") // a message between operators, never compared
public record BatchInput(String topic, int partition, long offset, byte[] value) {}
