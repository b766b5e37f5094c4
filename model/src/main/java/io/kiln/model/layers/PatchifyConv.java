package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/**
 * A convolution on rows whose stride is its kernel, with bias: blocks of sites that do not overlap,
 * so a matrix product.
 */
final class PatchifyConv implements RowConv {
    private final Parameter weight;
    private final Parameter bias;
    private final int kernel;
    private final boolean readsPixels;

    PatchifyConv(ConvSpec spec) {
        this.weight = spec.weight();
        this.bias = spec.requireBias();
        this.kernel = spec.kernel();
        this.readsPixels = spec.readsPixels();
    }

    @Override
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        if (side % kernel != 0) {
            throw new IllegalArgumentException(
                    "patches of side " + side + " do not divide into blocks of " + kernel);
        }
        NDArray y = ops.one("block_conv", x, weight.value(), bias.value(), side);
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "block_conv_backward",
                                    dy,
                                    x,
                                    weight.value(),
                                    side,
                                    !readsPixels);
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    return d.get(0);
                },
                y);
        return y;
    }
}
