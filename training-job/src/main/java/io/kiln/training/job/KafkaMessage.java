package io.kiln.training.job;

import java.util.Map;

/**
 * A record on its way to Kafka, serialized by the operator: Avro's classes would otherwise go
 * through Kryo between operators.
 *
 * @param key UTF-8 text
 * @param value Avro in the registry's wire format
 * @param headers UTF-8 text by name
 */
@SuppressWarnings("ArrayRecordComponent") // a message between operators, never compared
@org.apache.flink.api.common.typeinfo.TypeInfo(KafkaMessageType.class)
public record KafkaMessage(String key, byte[] value, Map<String, String> headers) {}
