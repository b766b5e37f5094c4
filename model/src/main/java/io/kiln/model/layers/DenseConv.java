package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.torch.Operators;
import java.util.List;

/** A 3×3 convolution of stride 1 and padding 1 without bias, on the decoder's maps. */
public final class DenseConv {
    /** Of the input, in the library's backward pass, whose working memory is some times that. */
    private static final long VALUES_AT_ONCE = 2_500_000;

    private final Parameter weight;
    private final Winograd winograd;

    public DenseConv(Weights.Scope scope, int in, int out) {
        this.weight = scope.at("weight").parameter(Initialiser.normal(0.02), out, in, 3, 3);
        this.winograd = scope.winograd();
    }

    Parameter weight() {
        return weight;
    }

    /**
     * @param x [images, height, width, in]; used up on the way back
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
        List<NDArray> transforms = winograd.tiles(4);
        WinogradKernel kernel = new WinogradKernel(weight, transforms, ops);
        NDArray y = kernel.forward(u -> ops.one("winograd", x, u, transforms, 1, Winograd.STRIP));
        tape.record(
                dy ->
                        kernel.backward(
                                u ->
                                        ops.all(
                                                "winograd_backward",
                                                dy,
                                                x,
                                                x,
                                                u,
                                                transforms,
                                                1,
                                                Winograd.STRIP)),
                y);
        return y;
    }

    private NDArray byLibrary(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray y = ops.one("conv", x, weight.value());
        tape.record(
                dy -> {
                    NDList d =
                            ops.fast()
                                    ? ops.all(
                                            "conv_backward_in_groups",
                                            dy,
                                            x,
                                            weight.value(),
                                            imagesAtOnce(x.getShape()))
                                    : ops.all("conv_backward", dy, x, weight.value());
                    weight.gradient(d.get(1));
                    return d.get(0);
                },
                y);
        return y;
    }

    private static int imagesAtOnce(Shape maps) {
        return (int) Math.max(1, VALUES_AT_ONCE * maps.get(0) / maps.size());
    }
}
