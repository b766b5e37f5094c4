package io.kiln.model.batch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Masked images whose pixels are normalised already.
 *
 * @param grid which patches are active
 * @param visible [active · patch · patch · channels]
 * @param masked [masked · patch · patch · channels]
 */
@SuppressWarnings("ArrayRecordComponent") // carried to the engine once, never compared
public record NormalisedBatch(PatchGrid grid, double[] visible, double[] masked)
        implements TrainingBatch {
    public NormalisedBatch {
        int values = grid.geometry().patchValues();
        if (visible.length != grid.active() * values || masked.length != grid.masked() * values) {
            throw new IllegalArgumentException(
                    "visible has "
                            + visible.length
                            + " values and masked "
                            + masked.length
                            + "; expected "
                            + grid.active()
                            + " and "
                            + grid.masked()
                            + " patches of "
                            + values);
        }
    }

    /**
     * The pixels on a device.
     *
     * @param manager owner of the arrays
     * @param type number format of the network
     */
    public Patches toPatches(NDManager manager, DataType type) {
        return new Patches(array(visible, manager, type), array(masked, manager, type));
    }

    private NDArray array(double[] values, NDManager manager, DataType type) {
        int patchValues = grid.geometry().patchValues();
        Shape shape = new Shape(values.length / patchValues, patchValues);
        return manager.create(values, shape).toType(type, false);
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
        double[] masked = new double[(cells - kept) * values];
        int shown = 0;
        for (int cell = 0; cell < cells; cell++) {
            boolean isActive = active[cell] != 0;
            copyPatch(
                    geometry,
                    pixels,
                    cell,
                    isActive ? visible : masked,
                    (isActive ? shown : cell - shown) * values);
            if (isActive) {
                coordinates[3 * shown] = cell / geometry.patches();
                coordinates[3 * shown + 1] = cell % geometry.patches() / geometry.gridWidth();
                coordinates[3 * shown + 2] = cell % geometry.gridWidth();
                shown++;
            }
        }
        return new NormalisedBatch(PatchGrid.of(geometry, images, coordinates), visible, masked);
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
