package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/** ConvNeXt's layer scale: a learnt factor a channel. */
public final class LayerScale {
    private final Parameter weight;

    public LayerScale(Weights.Scope scope, int channels, double firstValue) {
        this.weight = scope.parameter(Initialiser.constant(firstValue), channels);
    }

    /**
     * @param x [rows, channels]
     * @return the same shape
     */
    public NDArray forward(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray y = ops.one("channel_scale", x, weight.value());
        tape.record(
                dy -> {
                    NDList d = ops.all("channel_scale_backward", dy, x, weight.value());
                    weight.gradient(d.get(1));
                    return d.get(0);
                },
                y);
        return y;
    }
}
