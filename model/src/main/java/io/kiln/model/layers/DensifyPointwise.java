package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/**
 * A 1×1 convolution of a map that holds rows at active sites and a learnt token at masked ones.
 * Each row and the token are projected once, then copied to their sites.
 */
final class DensifyPointwise implements RowConv {
    private final Parameter weight;
    private final Parameter bias;
    private final Parameter token;

    DensifyPointwise(ConvSpec spec, Parameter token) {
        this.weight = spec.weight();
        this.bias = spec.requireBias();
        this.token = token;
    }

    @Override
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray index = pass.tables().map(side);
        NDArray y = ops.one("spread_linear", x, weight.value(), bias.value(), token.value(), index);
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "spread_linear_backward",
                                    dy,
                                    x,
                                    weight.value(),
                                    token.value(),
                                    index);
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    token.gradient(d.get(3));
                    return d.get(0);
                },
                y);
        return y;
    }
}
