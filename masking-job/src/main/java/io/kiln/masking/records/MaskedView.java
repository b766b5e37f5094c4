package io.kiln.masking.records;

import io.kiln.images.Crop;

/**
 * One view of an image: cut, resized, divided into patches of which some are visible.
 *
 * @param crop the part of the picture
 * @param flipped whether it was mirrored left to right
 * @param active indexes of the visible patches in row-major order, ascending
 * @param visiblePatches uint8 [active, patch, patch, 3]
 * @param maskedPatches uint8 [patches - active, patch, patch, 3], row-major
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record MaskedView(
        Crop crop, boolean flipped, int[] active, byte[] visiblePatches, byte[] maskedPatches) {}
