package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;
import org.jspecify.annotations.Nullable;

/** y = x wᵀ + b on rows, with bias on maps too: a linear layer, or a 1×1 convolution. */
public final class Linear {
    private final Parameter weight;
    private final @Nullable Parameter bias;

    private Linear(Parameter weight, @Nullable Parameter bias) {
        this.weight = weight;
        this.bias = bias;
    }

    /** A 1×1 convolution without bias, Kaiming-initialised. */
    public static Linear pointwise(Weights.Scope scope, int in, int out) {
        return new Linear(
                scope.at("weight").parameter(Initialiser.kaimingFanOut(out, 1), out, in, 1, 1),
                null);
    }

    /** The decoder's last layer: a 1×1 convolution with bias, std 0.02, bias 0. */
    public static Linear toPixels(Weights.Scope scope, int in, int out) {
        return new Linear(
                scope.at("weight").parameter(Initialiser.normal(0.02), out, in, 1, 1),
                scope.at("bias").parameter(Initialiser.constant(0), out));
    }

    /** A linear layer with bias, as ConvNeXt's MLP has it: std 0.02, bias 0. */
    public static Linear dense(Weights.Scope scope, int in, int out) {
        return new Linear(
                scope.at("weight").parameter(Initialiser.normal(0.02), out, in),
                scope.at("bias").parameter(Initialiser.constant(0), out));
    }

    /**
     * @param x [rows, in]
     * @return [rows, out]
     */
    public NDArray forward(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        Parameter b = bias;
        if (ops.maskedDense() && x.getShape().dimension() == 2) {
            double sites = (double) x.getShape().get(0) / pass.grid().active();
            return new MaskedDense(weight, b, 1, 0, 1, false)
                    .forward(x, (int) Math.round(Math.sqrt(sites)), pass, tape);
        }
        if (b == null) {
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
        NDArray y = ops.one("linear_bias", x, weight.value(), b.value());
        tape.record(
                dy -> {
                    NDList d = ops.all("linear_bias_backward", dy, x, weight.value());
                    weight.gradient(d.get(1));
                    b.gradient(d.get(2));
                    return d.get(0);
                },
                y);
        return y;
    }
}
