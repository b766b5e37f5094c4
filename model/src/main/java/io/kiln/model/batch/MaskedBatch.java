package io.kiln.model.batch;

import java.nio.ByteBuffer;

/**
 * Masked images as sparse coordinates and patches, with pixels as bytes.
 *
 * @param geometry sizes of every image
 * @param grid where the active patches are
 * @param visiblePatches uint8 [active, patch, patch, channels], in the order of the grid
 * @param maskedPatches uint8 [masked, patch, patch, channels], in row-major order of the other
 *     patches
 */
public record MaskedBatch(
        InputGeometry geometry,
        PatchGrid grid,
        ByteBuffer visiblePatches,
        ByteBuffer maskedPatches) {
    public MaskedBatch {
        length("visiblePatches", visiblePatches, grid.active(), geometry);
        length("maskedPatches", maskedPatches, grid.masked(), geometry);
    }

    /**
     * The same from coordinates.
     *
     * @param images number of images
     * @param coordinates [active · 3]: (image, grid row, grid column) of each active patch, in
     *     row-major order
     * @throws IllegalArgumentException if they contradict each other or the geometry
     */
    public MaskedBatch(
            InputGeometry geometry,
            int images,
            int[] coordinates,
            ByteBuffer visiblePatches,
            ByteBuffer maskedPatches) {
        this(geometry, PatchGrid.of(geometry, images, coordinates), visiblePatches, maskedPatches);
    }

    /** Number of images. */
    public int images() {
        return grid.images();
    }

    private static void length(String name, ByteBuffer bytes, int patches, InputGeometry geometry) {
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
