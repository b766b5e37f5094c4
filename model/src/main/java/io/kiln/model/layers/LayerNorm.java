package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;
import java.util.function.UnaryOperator;

/** Layer norm over the channels of each row. */
public final class LayerNorm implements Norm {
    private static final double EPSILON = 1e-6;

    private final Parameter weight;
    private final Parameter bias;

    public LayerNorm(Weights.Scope scope, int channels) {
        this.weight = scope.at("weight").parameter(Initialiser.constant(1), channels);
        this.bias = scope.at("bias").parameter(Initialiser.constant(0), channels);
    }

    @Override
    public NDArray forward(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDList result = ops.all("layer_norm", x, weight.value(), bias.value(), EPSILON);
        NDArray y = result.get(0);
        NDArray mean = result.get(1);
        NDArray rstd = result.get(2);
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "layer_norm_backward",
                                    dy,
                                    x,
                                    weight.value(),
                                    bias.value(),
                                    mean,
                                    rstd);
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    return d.get(0);
                },
                y,
                mean,
                rstd);
        return y;
    }

    @Override
    public NDArray forward(NDArray x, UnaryOperator<NDArray> next, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray normed = forward(x, pass, tape);
        NDArray y = next.apply(normed);
        tape.recompute(
                normed,
                pass,
                () -> ops.one("layer_norm_output", x, weight.value(), bias.value(), EPSILON));
        return y;
    }
}
