package io.kiln.model.batch;

import java.nio.ByteBuffer;

/**
 * Masked images as patches of samples as they are stored.
 *
 * @param grid which patches are active
 * @param sampleBytes of a sample: 1 for uint8, 2 for uint16, little-endian
 * @param visiblePatches samples [active, patch, patch, channels], in the order of the active
 *     patches
 * @param maskedPatches samples [masked, patch, patch, channels], in the order of the masked patches
 */
public record MaskedBatch(
        PatchGrid grid, int sampleBytes, ByteBuffer visiblePatches, ByteBuffer maskedPatches)
        implements TrainingBatch {
    public MaskedBatch {
        if (sampleBytes != 1 && sampleBytes != 2) {
            throw new IllegalArgumentException(
                    "samples of " + sampleBytes + " bytes; expected 1 or 2");
        }
        int patchBytes = grid.geometry().patchValues() * sampleBytes;
        requireLength("visiblePatches", visiblePatches, grid.active(), patchBytes);
        requireLength("maskedPatches", maskedPatches, grid.masked(), patchBytes);
    }

    /** A batch of uint8. */
    public MaskedBatch(PatchGrid grid, ByteBuffer visiblePatches, ByteBuffer maskedPatches) {
        this(grid, 1, visiblePatches, maskedPatches);
    }

    private static void requireLength(String name, ByteBuffer bytes, int patches, int patchBytes) {
        long expected = (long) patches * patchBytes;
        if (bytes.remaining() != expected) {
            throw new IllegalArgumentException(
                    name
                            + " has "
                            + bytes.remaining()
                            + " bytes; expected "
                            + patches
                            + " patches of "
                            + patchBytes
                            + " = "
                            + expected);
        }
    }
}
