package io.kiln.masking;

/**
 * One view of one image, masked.
 *
 * @param origin which record it came from
 * @param view which view, from 0
 * @param crop what part of the picture it is
 * @param active visible patches, ascending, row-major
 * @param visible uint8 [active, patch, patch, 3]
 * @param masked uint8 [others, patch, patch, 3]
 */
@SuppressWarnings("ArrayRecordComponent") // kept in Flink's state as arrays, never compared
public record MaskedSample(
        ImageOrigin origin, int view, Crop crop, int[] active, byte[] visible, byte[] masked) {}
