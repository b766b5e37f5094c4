package io.kiln.model.batch;

/**
 * Masked images whose pixels are normalised already.
 *
 * @param geometry sizes of every image
 * @param images number of images
 * @param coordinates [active · 3], as in {@link MaskedBatch}
 * @param visible [active · patch · patch · channels]
 * @param hidden [masked · patch · patch · channels]
 */
@SuppressWarnings("ArrayRecordComponent") // carried to the engine once, never compared
public record NormalisedBatch(
        InputGeometry geometry, int images, int[] coordinates, double[] visible, double[] hidden) {
    public NormalisedBatch {
        PatchGrid grid = PatchGrid.of(geometry, images, coordinates);
        if (visible.length != grid.active() * geometry.patchValues()
                || hidden.length != grid.masked() * geometry.patchValues()) {
            throw new IllegalArgumentException(
                    "visible has "
                            + visible.length
                            + " values and hidden "
                            + hidden.length
                            + "; expected "
                            + grid.active()
                            + " and "
                            + grid.masked()
                            + " patches of "
                            + geometry.patchValues());
        }
    }

    /** Where the active patches are. */
    public PatchGrid grid() {
        return PatchGrid.of(geometry, images, coordinates);
    }

    /**
     * Splits whole images by their masks.
     *
     * @param pixels [images, channels, height, width]
     * @param active [images, gridHeight, gridWidth], not 0 where a patch is active
     */
    public static NormalisedBatch of(
            InputGeometry geometry, int images, double[] pixels, double[] active) {
        int cells = images * geometry.patches();
        int kept = (int) java.util.Arrays.stream(active).filter(a -> a != 0).count();
        int values = geometry.patchValues();
        int[] coordinates = new int[3 * kept];
        double[] visible = new double[kept * values];
        double[] hidden = new double[(cells - kept) * values];
        int shown = 0;
        for (int cell = 0; cell < cells; cell++) {
            boolean isActive = active[cell] != 0;
            copyPatch(
                    geometry,
                    pixels,
                    cell,
                    isActive ? visible : hidden,
                    (isActive ? shown : cell - shown) * values);
            if (isActive) {
                coordinates[3 * shown] = cell / geometry.patches();
                coordinates[3 * shown + 1] = cell % geometry.patches() / geometry.gridWidth();
                coordinates[3 * shown + 2] = cell % geometry.gridWidth();
                shown++;
            }
        }
        return new NormalisedBatch(geometry, images, coordinates, visible, hidden);
    }

    private static void copyPatch(
            InputGeometry geometry, double[] pixels, int cell, double[] target, int at) {
        int image = cell / geometry.patches();
        int top = cell % geometry.patches() / geometry.gridWidth() * geometry.patch();
        int left = cell % geometry.gridWidth() * geometry.patch();
        int i = at;
        for (int y = top; y < top + geometry.patch(); y++) {
            for (int x = left; x < left + geometry.patch(); x++) {
                for (int c = 0; c < geometry.channels(); c++) {
                    target[i++] =
                            pixels[
                                    ((image * geometry.channels() + c) * geometry.height() + y)
                                                    * geometry.width()
                                            + x];
                }
            }
        }
    }
}
