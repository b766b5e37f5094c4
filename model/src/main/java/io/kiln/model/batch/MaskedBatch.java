package io.kiln.model.batch;

import java.nio.ByteBuffer;

/**
 * Masked images as patches of bytes.
 *
 * @param grid which patches are active
 * @param visiblePatches uint8 [active, patch, patch, channels], in the order of the active patches
 * @param maskedPatches uint8 [masked, patch, patch, channels], in the order of the masked patches
 */
public record MaskedBatch(PatchGrid grid, ByteBuffer visiblePatches, ByteBuffer maskedPatches)
        implements TrainingBatch {
    public MaskedBatch {
        requireLength("visiblePatches", visiblePatches, grid.active(), grid.geometry());
        requireLength("maskedPatches", maskedPatches, grid.masked(), grid.geometry());
    }

    private static void requireLength(
            String name, ByteBuffer bytes, int patches, InputGeometry geometry) {
        long expected = (long) patches * geometry.patchValues();
        if (bytes.remaining() != expected) {
            throw new IllegalArgumentException(
                    name
                            + " has "
                            + bytes.remaining()
                            + " bytes; expected "
                            + patches
                            + " patches of "
                            + geometry.patchValues()
                            + " = "
                            + expected);
        }
    }
}
