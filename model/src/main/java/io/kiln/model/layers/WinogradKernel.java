package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The kernel of one of Winograd's convolutions. Transformed it has four times the size, so it is
 * transformed for each use rather than kept for the backward pass.
 *
 * @param weight [out, in, 3, 3]
 * @param transforms of {@link Winograd}, for the side of the tiles
 */
record WinogradKernel(Parameter weight, List<NDArray> transforms, Operators ops) {
    /**
     * @param convolution makes the output with the transformed kernel
     */
    NDArray forward(UnaryOperator<NDArray> convolution) {
        try (NDArray u = transformed()) {
            return convolution.apply(u);
        }
    }

    /**
     * Sets the weight's gradient.
     *
     * @param convolution makes with the transformed kernel the gradients of input and transformed
     *     kernel
     * @return the input's gradient
     */
    NDArray backward(Function<NDArray, NDList> convolution) {
        try (NDArray u = transformed()) {
            NDList d = convolution.apply(u);
            try (NDArray du = d.get(1)) {
                weight.gradient(ops.one("winograd_kernel_backward", du, transforms));
            }
            return d.get(0);
        }
    }

    private NDArray transformed() {
        return ops.one("winograd_kernel", weight.value(), transforms);
    }
}
