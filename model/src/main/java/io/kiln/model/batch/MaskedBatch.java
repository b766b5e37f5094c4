package io.kiln.model.batch;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Masked images as sparse coordinates and patches, with pixels as bytes.
 *
 * @param geometry sizes of every image
 * @param images number of images
 * @param coordinates [active · 3]: (image, grid row, grid column) of each active patch, in
 *     row-major order
 * @param visiblePatches uint8 [active, patch, patch, channels], in the order of coordinates
 * @param maskedPatches uint8 [inactive, patch, patch, channels], in row-major order of the other
 *     patches
 */
public record MaskedBatch(
        InputGeometry geometry,
        int images,
        int[] coordinates,
        ByteBuffer visiblePatches,
        ByteBuffer maskedPatches) {
    public MaskedBatch {
        PatchGrid grid = PatchGrid.of(geometry, images, coordinates);
        length("visiblePatches", visiblePatches, grid.active(), geometry);
        length("maskedPatches", maskedPatches, grid.masked(), geometry);
        coordinates = coordinates.clone();
    }

    /** Where the active patches are. */
    public PatchGrid grid() {
        return PatchGrid.of(geometry, images, coordinates);
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

    @Override
    public boolean equals(Object other) {
        return other instanceof MaskedBatch that
                && geometry.equals(that.geometry)
                && images == that.images
                && Arrays.equals(coordinates, that.coordinates)
                && visiblePatches.equals(that.visiblePatches)
                && maskedPatches.equals(that.maskedPatches);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(coordinates);
    }

    @Override
    public String toString() {
        return "MaskedBatch["
                + images
                + " images, "
                + geometry
                + ", "
                + coordinates.length / 3
                + " active patches]";
    }
}
