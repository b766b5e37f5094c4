package io.kiln.masking.records;

/**
 * An image with all its views. They travel together, so that none can be lost without the others.
 *
 * @param position the image's record
 * @param imageId ImageRecord.imageId
 * @param perceptualHash 64 bits that are similar for similar images; 0 unless masking.duplicates is
 *     drop-near
 * @param views in the order of their numbers, from 0
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record MaskedImage(
        Position position, String imageId, long perceptualHash, MaskedView[] views) {}
