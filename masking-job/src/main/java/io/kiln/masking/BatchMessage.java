package io.kiln.masking;

/**
 * A batch on its way to Kafka.
 *
 * @param trainer which trainer is to learn from it: the partition of sparse-batches
 * @param value SparseBatch in the registry's wire format
 */
@SuppressWarnings("ArrayRecordComponent") // a message between operators, never compared
public record BatchMessage(int trainer, byte[] value) {}
