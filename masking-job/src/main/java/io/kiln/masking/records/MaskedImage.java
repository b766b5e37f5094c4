package io.kiln.masking.records;

import org.jspecify.annotations.Nullable;

/**
 * An image with all its views. They travel together, so that none can be lost without the others.
 *
 * @param position the image's record
 * @param imageId ImageRecord.imageId
 * @param perceptualHash 64 bits that are similar for similar images; 0 if masking.duplicates is
 *     keep and no images are replayed
 * @param views in the order of their numbers
 * @param firstView number of the first view: 0 for a new image, more for one that is replayed
 * @param content the encoded image, while it may enter the replay buffer
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record MaskedImage(
        Position position,
        String imageId,
        long perceptualHash,
        MaskedView[] views,
        int firstView,
        byte @Nullable [] content) {
    /** Whether the image was sent before, and goes along with a new one. */
    public boolean replayed() {
        return firstView > 0;
    }

    /** The image with another content. */
    public MaskedImage withContent(byte @Nullable [] other) {
        return new MaskedImage(position, imageId, perceptualHash, views, firstView, other);
    }
}
