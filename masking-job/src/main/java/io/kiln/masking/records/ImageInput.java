package io.kiln.masking.records;

import org.jspecify.annotations.Nullable;

/**
 * A record of the images topic as it came. A dead letter holds the very same bytes.
 *
 * @param position where the record is
 * @param key the record's key, if it has one
 * @param value the record's value; null in a tombstone
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record ImageInput(Position position, byte @Nullable [] key, byte @Nullable [] value) {}
