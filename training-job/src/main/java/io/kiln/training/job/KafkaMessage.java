package io.kiln.training.job;

import java.util.Map;

/**
 * A serialized record on its way to a sink. The training operator serializes it, because Flink
 * would pass Avro's classes through Kryo.
 *
 * @param key UTF-8 text
 * @param value Avro in the registry's wire format
 * @param headers UTF-8 text by name
 */
@SuppressWarnings("ArrayRecordComponent") // a message between operators, never compared
@org.apache.flink.api.common.typeinfo.TypeInfo(KafkaMessageType.class)
public record KafkaMessage(String key, byte[] value, Map<String, String> headers) {}
