package io.kiln.masking.records;

import io.kiln.images.Crop;

/**
 * One view of an image: cropped, resized, flipped or not, and divided into patches of which some
 * are active and the others masked.
 *
 * @param crop the part of the image that the view shows
 * @param flipped whether the view is mirrored left to right
 * @param active indexes of the active patches in row-major order, ascending
 * @param visiblePatches samples [active, patch, patch, channels], in the order of {@code active}
 * @param maskedPatches samples [patches - active, patch, patch, channels], in row-major order
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record MaskedView(
        Crop crop, boolean flipped, int[] active, byte[] visiblePatches, byte[] maskedPatches) {}
