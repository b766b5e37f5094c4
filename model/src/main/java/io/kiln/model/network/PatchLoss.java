package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.layers.Pass;

/**
 * Mean squared error over the masked patches, each normalised by its own mean and deviation
 * (docs/explanation/method.md).
 *
 * @param value scalar
 * @param error [masked, patch · patch · channels]: reconstruction − normalised target
 */
record PatchLoss(NDArray value, NDArray error) {
    /**
     * @param reconstruction [images, height, width, channels]
     * @param masked pixels of the masked patches, [masked, patch · patch · channels]
     */
    static PatchLoss of(NDArray reconstruction, NDArray masked, Pass pass) {
        PatchGrid grid = pass.grid();
        NDList lossAndError =
                pass.operators()
                        .all(
                                "patch_loss",
                                reconstruction,
                                masked,
                                pass.tables().maskedPatches(),
                                grid.height(),
                                grid.width(),
                                scale(grid));
        return new PatchLoss(lossAndError.get(0), lossAndError.get(1));
    }

    /** The loss's gradient by the reconstruction, [images, height, width, channels]. */
    NDArray backward(Pass pass) {
        PatchGrid grid = pass.grid();
        return pass.operators()
                .one(
                        "patch_loss_backward",
                        error,
                        pass.tables().maskedPatches(),
                        grid.images(),
                        grid.height(),
                        grid.width(),
                        grid.patch(),
                        scale(grid));
    }

    /** As in the official code. */
    private static double scale(PatchGrid grid) {
        return 1 / (grid.masked() + 1e-8);
    }
}
