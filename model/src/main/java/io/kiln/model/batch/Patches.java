package io.kiln.model.batch;

import ai.djl.ndarray.NDArray;

/**
 * Normalised pixels of a batch on the device, split by its mask. A patch's pixels are in the order
 * (row, column, channel).
 *
 * @param visible [active, patch · patch · channels]
 * @param masked [masked, patch · patch · channels]
 */
public record Patches(NDArray visible, NDArray masked) {
    /**
     * The visible pixels as the encoder reads them.
     *
     * @return [active · patch², channels]
     */
    public NDArray visiblePixels(PatchGrid grid) {
        long channels = visible.getShape().get(1) / ((long) grid.patch() * grid.patch());
        return visible.reshape(-1, channels);
    }
}
