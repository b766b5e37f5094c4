package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/**
 * Spreads rows to their sites on a map, a learnt token to all other sites, and convolves the map,
 * with bias; initialised as PyTorch does by default: uniform within ±1 / √fan-in. What the token
 * contributes depends on the mask alone, so that only active patches are computed.
 */
public final class DensifyConv {
    private final Parameter weight;
    private final Parameter bias;
    private final Parameter token;
    private final int kernel;
    private final Winograd winograd;

    /**
     * @param token [1, in, 1, 1]
     * @param kernel 1 or 3
     */
    public DensifyConv(Weights.Scope scope, Parameter token, int in, int out, int kernel) {
        Initialiser uniform = Initialiser.uniform(1 / Math.sqrt((double) in * kernel * kernel));
        this.weight = scope.at("weight").parameter(uniform, out, in, kernel, kernel);
        this.bias = scope.at("bias").parameter(uniform, out);
        this.token = token;
        this.kernel = kernel;
        this.winograd = scope.winograd();
    }

    /**
     * @param x [active · side², in]
     * @param side sites along a patch's side
     * @return [images, height, width, out]
     */
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        if (kernel == 1 && !pass.operators().maskedDense()) {
            return pointwise(x, side, pass, tape);
        }
        return pass.operators().fast() && side >= 2
                ? byTiles(x, side, pass, tape)
                : byLibrary(x, side, pass, tape);
    }

    private NDArray pointwise(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray index = pass.map(side);
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
                    return learn(d);
                },
                y);
        return y;
    }

    private NDArray byTiles(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray index = pass.framedTiles(side);
        NDArray windows = pass.inactiveWindows(side, x);
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
                    return learn(d);
                },
                y);
        return y;
    }

    private NDArray learn(NDList d) {
        weight.gradient(d.get(1));
        bias.gradient(d.get(2));
        token.gradient(d.get(3));
        return d.get(0);
    }

    private NDArray byLibrary(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray map = spread(x, token, side, pass, tape);
        String operator = kernel == 1 ? "linear_bias" : "conv_bias";
        NDArray y = ops.one(operator, map, weight.value(), bias.value());
        tape.record(
                dy -> {
                    NDList d = ops.all(operator + "_backward", dy, map, weight.value());
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
     * @return [images, height, width, channels]
     */
    public static NDArray spread(NDArray x, Parameter token, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray index = pass.map(side);
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
