package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/**
 * A 3×3 convolution of a map that holds rows at active sites and a learnt token at masked ones.
 * What the token contributes depends on the mask alone, so that only active patches are computed.
 */
public final class DensifyConv implements RowConv {
    private final Parameter weight;
    private final Parameter bias;
    private final Parameter token;
    private final Winograd winograd;

    DensifyConv(ConvSpec spec, Parameter token, Winograd winograd) {
        this.weight = spec.weight();
        this.bias = spec.requireBias();
        this.token = token;
        this.winograd = winograd;
    }

    @Override
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        return pass.operators().fast() && side >= 2
                ? byTiles(x, side, pass, tape)
                : byLibrary(x, side, pass, tape);
    }

    private NDArray byTiles(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray index = pass.tables().paddedTiles(side);
        NDArray windows = pass.tables().maskedWindows(side, x);
        int height = pass.grid().height() * side;
        int width = pass.grid().width() * side;
        NDArray y =
                ops.one(
                        "spread_conv",
                        x,
                        weight.value(),
                        bias.value(),
                        token.value(),
                        index,
                        windows,
                        winograd.tiles(Math.min(4, side)),
                        pass.grid().images(),
                        height,
                        width,
                        side,
                        Winograd.STRIP);
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "spread_conv_backward",
                                    dy,
                                    x,
                                    weight.value(),
                                    token.value(),
                                    index,
                                    windows,
                                    winograd.tiles(Math.min(4, side)),
                                    side,
                                    Winograd.STRIP);
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    token.gradient(d.get(3));
                    return d.get(0);
                },
                y);
        return y;
    }

    private NDArray byLibrary(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray map = spread(x, token, pass.tables().map(side), pass, tape);
        NDArray y = ops.one("conv_bias", map, weight.value(), bias.value());
        tape.record(
                dy -> {
                    NDList d = ops.all("conv_bias_backward", dy, map, weight.value());
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    return d.get(0);
                },
                y);
        return y;
    }

    /**
     * Rows to their sites, the token everywhere else.
     *
     * @param x [active · side², channels]
     * @param token [1, channels, 1, 1]
     * @param index row of each site of the result, of any shape; the number of rows where masked
     * @return the index's shape and channels
     */
    public static NDArray spread(NDArray x, Parameter token, NDArray index, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        int count = Math.toIntExact(x.getShape().get(0));
        NDArray map = ops.one("gather_with_token", x, token.value(), index);
        tape.record(
                dy -> {
                    NDList d =
                            ops.all("gather_with_token_backward", dy, token.value(), index, count);
                    token.gradient(d.get(1));
                    return d.get(0);
                },
                map);
        return map;
    }
}
