package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Tape;
import java.util.ArrayList;
import java.util.List;

/** Turns sparse features into the dense maps that a decoder is given. */
sealed interface Densify permits DensifyStages, DensifyLastStage {
    /** The dense maps by level, from the last stage's, and the way back. */
    record Maps(List<NDArray> maps, List<Tape> tapes) {
        /**
         * Runs backwards.
         *
         * @param gradients the loss's gradient by each map, by level; left open
         * @return the loss's gradient by the features of each level
         */
        List<NDArray> backward(List<NDArray> gradients) {
            List<NDArray> byLevel = new ArrayList<>();
            for (int level = maps.size() - 1; level >= 0; level--) {
                byLevel.add(0, tapes.get(level).unwind(gradients.get(level)));
            }
            return byLevel;
        }
    }

    Maps forward(Encoder.Features features, Pass pass);
}
