package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.torch.Operators;

/** A 3×3 convolution of stride 1 and padding 1 without bias, on the decoder's maps. */
public final class MapConv {
    private final Parameter weight;
    private final Winograd winograd;

    public MapConv(Weights.Scope scope, int in, int out) {
        this.weight = scope.at("weight").parameter(Initialiser.normal(0.02), out, in, 3, 3);
        this.winograd = scope.winograd();
    }

    Parameter weight() {
        return weight;
    }

    /**
     * @param x [images, height, width, in]
     * @return [images, height, width, out]
     */
    public NDArray forward(NDArray x, Pass pass, Tape tape) {
        Shape shape = x.getShape();
        Shape kernel = weight.value().getShape();
        boolean fast =
                pass.operators().fast()
                        && Winograd.pays(
                                (int) kernel.get(1),
                                (int) kernel.get(0),
                                (int) shape.get(0),
                                shape.get(1),
                                shape.get(2));
        return fast ? byWinograd(x, pass, tape) : byLibrary(x, pass, tape);
    }

    private NDArray byWinograd(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray u = ops.one("winograd_kernel", weight.value(), winograd.tiles(4));
        NDArray y = ops.one("winograd", x, u, winograd.tiles(4), 1, Winograd.STRIP);
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "winograd_backward",
                                    dy,
                                    x,
                                    u,
                                    winograd.tiles(4),
                                    1,
                                    Winograd.STRIP);
                    try (NDArray du = d.get(1)) {
                        weight.gradient(ops.one("winograd_kernel_backward", du, winograd.tiles(4)));
                    }
                    return d.get(0);
                },
                y,
                u);
        return y;
    }

    private NDArray byLibrary(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray y = ops.one("conv", x, weight.value());
        tape.record(
                dy -> {
                    NDList d = ops.all("conv_backward", dy, x, weight.value());
                    weight.gradient(d.get(1));
                    return d.get(0);
                },
                y);
        return y;
    }
}
