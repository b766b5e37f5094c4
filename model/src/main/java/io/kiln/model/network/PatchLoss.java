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
 * @param error [masked, patch · patch · channels]: guess − normalised target
 */
record PatchLoss(NDArray value, NDArray error) {
    /**
     * @param guesses [masked, patch · patch · channels]
     * @param masked pixels of the masked patches, of the same shape
     */
    static PatchLoss of(NDArray guesses, NDArray masked, Pass pass) {
        NDList lossAndError =
                pass.operators().all("patch_loss", guesses, masked, scale(pass.grid()));
        return new PatchLoss(lossAndError.get(0), lossAndError.get(1));
    }

    /** The loss's gradient by the guesses. */
    NDArray backward(Pass pass) {
        return pass.operators().one("patch_loss_backward", error, scale(pass.grid()));
    }

    /** As in the official code. */
    private static double scale(PatchGrid grid) {
        return 1 / (grid.masked() + 1e-8);
    }
}
