package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/**
 * A convolution on rows without bias. Where a patch has many sites, each active patch is cut out
 * with a halo and convolved as an ordinary tile; where it has few, the halo would outweigh the
 * patch, so the 3×3 neighbours of each site are gathered and multiplied as one matrix.
 */
public final class TileConv {
    /**
     * Smallest side of the output's patch, in sites, at which tiles are cheaper than gathered
     * neighbours.
     */
    private static final int SMALLEST_TILE = 4;

    private final Parameter weight;
    private final int kernel;
    private final int stride;
    private final boolean first;

    private TileConv(Parameter weight, int kernel, int stride, boolean first) {
        this.weight = weight;
        this.kernel = kernel;
        this.stride = stride;
        this.first = first;
    }

    /** 3×3, padding 1, Kaiming-initialised. */
    public static TileConv threeByThree(Weights.Scope scope, int in, int out, int stride) {
        return new TileConv(
                scope.at("weight").parameter(Initialiser.kaimingFanOut(out, 3), out, in, 3, 3),
                3,
                stride,
                false);
    }

    /** The stem of ResNet: 7×7, stride 2, padding 3, on pixels, which need no gradient. */
    public static TileConv stem(Weights.Scope scope, int in, int out) {
        return new TileConv(
                scope.at("weight").parameter(Initialiser.kaimingFanOut(out, 7), out, in, 7, 7),
                7,
                2,
                true);
    }

    /**
     * @param x [active · side², in]
     * @param side sites along a patch's side
     * @return [active · (side / stride)², out]
     */
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        if (pass.operators().maskedDense()) {
            return new MaskedDense(weight, null, stride, kernel / 2, 1, first)
                    .forward(x, side, pass, tape);
        }
        int out = side / stride;
        return out < SMALLEST_TILE && kernel == 3
                ? gathered(x, side, pass, tape)
                : tiled(x, side, out, pass, tape);
    }

    private NDArray tiled(NDArray x, int side, int out, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        int before = kernel / 2;
        int after = kernel / 2 - (stride - 1);
        int extent = before + side + after;
        NDArray index = pass.halo(side, before, after);
        NDArray y = ops.one("tile_conv", x, weight.value(), index, extent, stride);
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "tile_conv_backward",
                                    dy,
                                    x,
                                    weight.value(),
                                    index,
                                    extent,
                                    out,
                                    stride,
                                    !first);
                    weight.gradient(d.get(1));
                    return d.get(0);
                },
                y);
        return y;
    }

    private NDArray gathered(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray index = pass.neighbours(side, stride);
        int sites = Math.toIntExact(index.size() / 9);
        NDArray y = ops.one("neighbour_conv", x, weight.value(), index, sites);
        tape.record(
                dy -> {
                    NDList d = ops.all("neighbour_conv_backward", dy, x, weight.value(), index);
                    weight.gradient(d.get(1));
                    return d.get(0);
                },
                y);
        return y;
    }
}
