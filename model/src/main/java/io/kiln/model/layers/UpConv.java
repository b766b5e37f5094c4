package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/**
 * The decoder's transposed convolution: 4×4, stride 2, padding 1, with bias; doubles height and
 * width.
 */
public final class UpConv {
    private final Parameter weight;
    private final Parameter bias;

    public UpConv(Weights.Scope scope, int channels) {
        this.weight =
                scope.at("weight")
                        .parameter(
                                Initialiser.kaimingFanOut(channels, 4), channels, channels, 4, 4);
        this.bias = scope.at("bias").parameter(Initialiser.constant(0), channels);
    }

    /**
     * @param x [images, channels, height, width]
     * @return [images, channels, 2 · height, 2 · width]
     */
    public NDArray forward(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray y = ops.one("up_conv", x, weight.value(), bias.value());
        tape.record(
                dy -> {
                    NDList d = ops.all("up_conv_backward", dy, x, weight.value());
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    return d.get(0);
                },
                y);
        return y;
    }
}
