package io.kiln.masking.sampling;

/**
 * An image with all its views, which travel together so that none can be lost without the others.
 *
 * @param position its record
 * @param imageId ImageRecord.imageId
 * @param views in the order of their numbers, from 0
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record MaskedImage(Position position, String imageId, MaskedView[] views) {}
