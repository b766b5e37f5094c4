package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;
import org.jspecify.annotations.Nullable;

/** An ordinary convolution of stride 1 on maps, padded to keep their size. */
public final class DenseConv {
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final int padding;

    private DenseConv(Parameter weight, @Nullable Parameter bias, int kernel) {
        this.weight = weight;
        this.bias = bias;
        this.padding = kernel / 2;
    }

    /** 3×3 without bias, as in the decoder's blocks. */
    public static DenseConv inDecoder(Weights.Scope scope, int in, int out) {
        return new DenseConv(
                scope.at("weight").parameter(Initialiser.normal(0.02), out, in, 3, 3), null, 3);
    }

    /** 1×1 with bias, the decoder's last. */
    public static DenseConv toPixels(Weights.Scope scope, int in, int out) {
        return new DenseConv(
                scope.at("weight").parameter(Initialiser.normal(0.02), out, in, 1, 1),
                scope.at("bias").parameter(Initialiser.constant(0), out),
                1);
    }

    /** With bias, initialised as PyTorch does by default: uniform within ±1 / √fan-in. */
    public static DenseConv projection(Weights.Scope scope, int in, int out, int kernel) {
        Initialiser uniform = Initialiser.uniform(1 / Math.sqrt((double) in * kernel * kernel));
        return new DenseConv(
                scope.at("weight").parameter(uniform, out, in, kernel, kernel),
                scope.at("bias").parameter(uniform, out),
                kernel);
    }

    /**
     * @param x [images, in, height, width]
     * @return [images, out, height, width]
     */
    public NDArray forward(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        Parameter b = bias;
        if (b == null) {
            NDArray y = ops.one("conv", x, weight.value(), padding);
            tape.record(
                    dy -> {
                        NDList d = ops.all("conv_backward", dy, x, weight.value(), padding);
                        weight.gradient(d.get(1));
                        return d.get(0);
                    },
                    y);
            return y;
        }
        NDArray y = ops.one("conv_bias", x, weight.value(), b.value(), padding);
        tape.record(
                dy -> {
                    NDList d = ops.all("conv_bias_backward", dy, x, weight.value(), padding);
                    weight.gradient(d.get(1));
                    b.gradient(d.get(2));
                    return d.get(0);
                },
                y);
        return y;
    }
}
