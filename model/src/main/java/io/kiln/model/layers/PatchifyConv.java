package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/**
 * A convolution on rows whose stride is its kernel, with bias: blocks of sites that do not overlap,
 * so a matrix product.
 */
public final class PatchifyConv {
    private final Parameter weight;
    private final Parameter bias;
    private final int kernel;
    private final boolean first;

    /**
     * @param first whether its input is pixels, which need no gradient
     */
    public PatchifyConv(Weights.Scope scope, int in, int out, int kernel, boolean first) {
        this.weight =
                scope.at("weight").parameter(Initialiser.normal(0.02), out, in, kernel, kernel);
        this.bias = scope.at("bias").parameter(Initialiser.constant(0), out);
        this.kernel = kernel;
        this.first = first;
    }

    /**
     * @param x [active · side², in]
     * @param side sites along a patch's side
     * @return [active · (side / kernel)², out]
     */
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        if (side % kernel != 0) {
            throw new IllegalArgumentException(
                    "patches of side " + side + " do not divide into blocks of " + kernel);
        }
        if (ops.maskedDense()) {
            return new MaskedDense(weight, bias, kernel, 0, 1, first).forward(x, side, pass, tape);
        }
        NDArray y = ops.one("block_conv", x, weight.value(), bias.value(), side);
        tape.record(
                dy -> {
                    NDList d = ops.all("block_conv_backward", dy, x, weight.value(), side, !first);
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    return d.get(0);
                },
                y);
        return y;
    }
}
