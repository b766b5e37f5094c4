package io.kiln.masking;

/**
 * Which record an image came from.
 *
 * @param imageId identity of the picture
 * @param topic of its record
 * @param partition of its record
 * @param offset of its record
 */
public record ImageOrigin(String imageId, String topic, int partition, long offset) {}
