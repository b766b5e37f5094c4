package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.layers.Pass;
import java.util.List;

/** Draws the masked patches from densified maps. */
sealed interface Decoder permits LightDecoder, BlockDecoder {
    /** What a decoder drew, and the way back. */
    interface Drawing {
        /** The masked patches in the space of normalised patches, [masked, patch² · channels]. */
        NDArray guesses();

        /**
         * The same on whole images, [images, height, width, channels]. A decoder that draws masked
         * patches alone leaves 0 elsewhere.
         */
        NDArray images();

        /**
         * Runs backwards.
         *
         * @param dy the loss's gradient by the guesses; left open
         * @return the loss's gradient by each densified map, by level
         */
        List<NDArray> backward(NDArray dy);
    }

    /**
     * Draws.
     *
     * @param maps by level
     */
    Drawing forward(List<NDArray> maps, Pass pass);

    /** Masked patches on whole images, [images, height, width, channels]; 0 elsewhere. */
    static NDArray placed(NDArray patches, Pass pass) {
        PatchGrid grid = pass.grid();
        return pass.operators()
                .one(
                        "place_patches",
                        patches,
                        pass.tables().maskedPatches(),
                        grid.images(),
                        grid.height(),
                        grid.width(),
                        grid.patch());
    }
}
