package io.kiln.evaluation.job;

/**
 * A version that waits for its evaluation.
 *
 * @param version its number
 * @param value its event in the wire format
 */
@SuppressWarnings("ArrayRecordComponent") // state, never compared
public record WaitingVersion(long version, byte[] value) {}
