package io.kiln.model.layers;

import ai.djl.ndarray.types.Shape;
import org.jspecify.annotations.Nullable;

/**
 * Weights and hyperparameters of a convolution.
 *
 * @param weight [out, in / groups, kernel, kernel]; of a linear layer [out, in]
 * @param bias [out]; null if the convolution has none
 * @param stride in both directions
 * @param padding zeros on each side of the map
 * @param groups of channels
 * @param readsPixels whether its input is pixels, which need no gradient
 */
public record ConvSpec(
        Parameter weight,
        @Nullable Parameter bias,
        int stride,
        int padding,
        int groups,
        boolean readsPixels) {
    /** Side of the kernel; 1 for a linear layer. */
    public int kernel() {
        Shape shape = weight.value().getShape();
        return shape.dimension() == 2 ? 1 : Math.toIntExact(shape.get(2));
    }

    /** The bias of a convolution that has one. */
    Parameter requireBias() {
        if (bias == null) {
            throw new IllegalStateException(weight.name() + " belongs to a layer without bias");
        }
        return bias;
    }
}
