package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
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
}
