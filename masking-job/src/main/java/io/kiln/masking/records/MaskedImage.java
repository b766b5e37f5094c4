package io.kiln.masking.records;

/**
 * An image with all its views, which travel together so that none can be lost without the others.
 *
 * @param position its record
 * @param imageId ImageRecord.imageId
 * @param fingerprint what it looks like, in 64 bits; 0 where nobody asks
 * @param views in the order of their numbers, from 0
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record MaskedImage(
        Position position, String imageId, long fingerprint, MaskedView[] views) {}
