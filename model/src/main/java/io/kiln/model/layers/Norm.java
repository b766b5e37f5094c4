package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import java.util.function.UnaryOperator;

/** A normalisation of rows. */
public sealed interface Norm permits BatchNorm, LayerNorm {
    /**
     * @param x [rows, channels]
     * @return the same shape
     */
    NDArray forward(NDArray x, Pass pass, Tape tape);

    /**
     * The norm and the one layer that reads its output, which then need not be kept for the
     * backward pass: making it again costs less than the memory is worth.
     *
     * @param x [rows, channels]
     * @param next records on the same tape
     * @return what the next layer makes of the normalised rows
     */
    NDArray forward(NDArray x, UnaryOperator<NDArray> next, Pass pass, Tape tape);
}
