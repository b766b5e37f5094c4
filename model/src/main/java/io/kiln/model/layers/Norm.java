package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;

/** A normalisation of rows. */
public sealed interface Norm permits BatchNorm, LayerNorm {
    /**
     * @param x [rows, channels]
     * @return the same shape
     */
    NDArray forward(NDArray x, Pass pass, Tape tape);
}
