package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;
import org.jspecify.annotations.Nullable;

/** y = x wᵀ + b, on rows or on maps: a linear layer or a 1×1 convolution. */
public final class Linear implements RowConv {
    private final Parameter weight;
    private final @Nullable Parameter bias;

    /**
     * @param spec kernel 1, stride 1
     */
    public Linear(ConvSpec spec) {
        this.weight = spec.weight();
        this.bias = spec.bias();
    }

    /** A decoder's 1×1 convolution with bias: std 0.02, bias 0. */
    public static Linear ofDecoder(Weights.Scope scope, int in, int out) {
        Parameter weight = scope.at("weight").parameter(Initialiser.normal(0.02), out, in, 1, 1);
        Parameter bias = scope.at("bias").parameter(Initialiser.constant(0), out);
        return new Linear(new ConvSpec(weight, bias, 1, 0, 1, false));
    }

    @Override
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        return forward(x, pass, tape);
    }

    /**
     * @param x [rows, in], or with bias also a map [images, height, width, in]
     * @return the same shape, with out channels
     */
    public NDArray forward(NDArray x, Pass pass, Tape tape) {
        return bias == null ? withoutBias(x, pass, tape) : withBias(x, bias, pass, tape);
    }

    private NDArray withoutBias(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray y = ops.one("linear", x, weight.value());
        tape.record(
                dy -> {
                    NDList d = ops.all("linear_backward", dy, x, weight.value());
                    weight.gradient(d.get(1));
                    return d.get(0);
                },
                y);
        return y;
    }

    private NDArray withBias(NDArray x, Parameter added, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray y = ops.one("linear_bias", x, weight.value(), added.value());
        tape.record(
                dy -> {
                    NDList d = ops.all("linear_bias_backward", dy, x, weight.value());
                    weight.gradient(d.get(1));
                    added.gradient(d.get(2));
                    return d.get(0);
                },
                y);
        return y;
    }
}
