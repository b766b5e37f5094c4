package io.kiln.masking;

import org.jspecify.annotations.Nullable;

/**
 * A record of the images topic as it came: undecoded, so that whatever is wrong with it can be
 * kept.
 *
 * @param topic of the record
 * @param partition of the record
 * @param offset of the record
 * @param key bytes, or null
 * @param value bytes, or null
 */
@SuppressWarnings("ArrayRecordComponent") // a message between operators, never compared
public record ImageInput(
        String topic, int partition, long offset, byte @Nullable [] key, byte @Nullable [] value) {}
