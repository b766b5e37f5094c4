package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/**
 * ConvNeXt's 7×7 depthwise convolution with bias, on rows. Where a patch has many sites, active
 * patches are cut out with a halo of 3; where it has few, the halo would be most of the tile, and
 * the dense map is cheaper.
 */
final class DepthwiseConv implements RowConv {
    private static final int HALO = 3;
    private static final int SMALLEST_TILE = 8;

    private final Parameter weight;
    private final Parameter bias;

    DepthwiseConv(ConvSpec spec) {
        this.weight = spec.weight();
        this.bias = spec.requireBias();
    }

    @Override
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        return side >= SMALLEST_TILE ? tiled(x, side, pass, tape) : dense(x, side, pass, tape);
    }

    private NDArray tiled(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray index = pass.tables().halo(side, HALO, HALO);
        int extent = side + 2 * HALO;
        NDArray y = ops.one("depthwise_tiles", x, weight.value(), bias.value(), index, extent);
        tape.record(
                dy ->
                        adopt(
                                ops.all(
                                        "depthwise_tiles_backward",
                                        dy,
                                        x,
                                        weight.value(),
                                        index,
                                        extent,
                                        side)),
                y);
        return y;
    }

    private NDArray dense(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray toMap = pass.tables().map(side);
        NDArray y =
                ops.one(
                        "depthwise_map",
                        x,
                        weight.value(),
                        bias.value(),
                        toMap,
                        pass.tables().sites(side));
        tape.record(
                dy -> adopt(ops.all("depthwise_map_backward", dy, x, weight.value(), toMap)), y);
        return y;
    }

    private NDArray adopt(NDList gradients) {
        weight.gradient(gradients.get(1));
        bias.gradient(gradients.get(2));
        return gradients.get(0);
    }
}
