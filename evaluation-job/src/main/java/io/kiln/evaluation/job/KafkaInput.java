package io.kiln.evaluation.job;

/**
 * A record of one of the job's topics. Its value stays in the wire format, because Flink would pass
 * Avro's classes through Kryo.
 *
 * @param topic of the record
 * @param partition of the record
 * @param offset of the record
 * @param value Avro in the registry's wire format; empty if the record has no value
 */
@SuppressWarnings("ArrayRecordComponent") // a message between operators, never compared
public record KafkaInput(String topic, int partition, long offset, byte[] value) {}
