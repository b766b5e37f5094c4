package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;
import java.util.List;

/**
 * A convolution on rows without bias. With stride 1 by Winograd's way where that pays. Otherwise,
 * where a patch has many sites, each active patch is cut out with a halo and convolved as an
 * ordinary tile; where it has few, the halo would outweigh the patch, so the 3×3 neighbours of each
 * site are gathered and multiplied as one matrix.
 */
final class SparseConv implements RowConv {
    /**
     * Smallest side of the output's patch, in sites, at which tiles are cheaper than gathered
     * neighbours.
     */
    private static final int SMALLEST_TILE = 4;

    private final Parameter weight;
    private final int kernel;
    private final int stride;
    private final boolean readsPixels;
    private final Winograd winograd;

    SparseConv(ConvSpec spec, Winograd winograd) {
        this.weight = spec.weight();
        this.kernel = spec.kernel();
        this.stride = spec.stride();
        this.readsPixels = spec.readsPixels();
        this.winograd = winograd;
    }

    @Override
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        if (winogradPays(side, pass)) {
            return byWinograd(x, side, pass, tape);
        }
        int out = side / stride;
        return out < SMALLEST_TILE && kernel == 3
                ? gathered(x, side, pass, tape)
                : tiled(x, side, out, pass, tape);
    }

    private boolean winogradPays(int side, Pass pass) {
        long narrowest =
                Math.min(weight.value().getShape().get(0), weight.value().getShape().get(1));
        return pass.operators().fast()
                && kernel == 3
                && stride == 1
                && side >= 2
                && Winograd.paysOnRows(narrowest, side, pass.grid().active());
    }

    private NDArray byWinograd(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        List<NDArray> transforms = winograd.tiles(Math.min(4, side));
        NDArray index = pass.tables().tiles(side);
        WinogradKernel kernel = new WinogradKernel(weight, transforms, ops);
        NDArray y = kernel.forward(u -> ops.one("winograd_rows", x, u, index, transforms, side));
        tape.record(
                dy ->
                        kernel.backward(
                                u ->
                                        ops.all(
                                                "winograd_rows_backward",
                                                dy,
                                                x,
                                                u,
                                                index,
                                                transforms,
                                                side)),
                y);
        return y;
    }

    private NDArray tiled(NDArray x, int side, int out, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        int before = kernel / 2;
        int after = kernel / 2 - (stride - 1);
        int extent = before + side + after;
        NDArray index = pass.tables().halo(side, before, after);
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
                                    !readsPixels);
                    weight.gradient(d.get(1));
                    return d.get(0);
                },
                y);
        return y;
    }

    private NDArray gathered(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray index = pass.tables().neighbours(side, stride);
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
