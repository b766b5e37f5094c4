package io.kiln.masking.replay;

/**
 * An image in the replay buffer.
 *
 * @param imageId ImageRecord.imageId
 * @param content the encoded image as it came
 */
@SuppressWarnings("ArrayRecordComponent") // kept, never compared
public record KeptImage(String imageId, byte[] content) {}
