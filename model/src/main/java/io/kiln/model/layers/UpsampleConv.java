package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.torch.Operators;

/**
 * The head of a block of the decoder: a transposed convolution, 4×4, stride 2, padding 1, with
 * bias, and a 3×3 convolution of padding 1. Nothing is between the two, so that they can be one.
 */
public final class UpsampleConv {
    /** Sites of a map up to which a product of all taps beats the library's convolution. */
    private static final long SMALL_MAP = 64;

    private final Parameter weight;
    private final Parameter bias;
    private final DenseConv next;
    private final Winograd winograd;
    private final int channels;

    public UpsampleConv(Weights.Scope up, Weights.Scope convolution, int channels) {
        this.channels = channels;
        this.weight =
                up.at("weight")
                        .parameter(
                                Initialiser.kaimingFanOut(channels, 4), channels, channels, 4, 4);
        this.bias = up.at("bias").parameter(Initialiser.constant(0), channels);
        this.next = new DenseConv(convolution, channels, channels);
        this.winograd = up.winograd();
    }

    /**
     * @param x [images, height, width, channels]
     * @return [images, 2 · height, 2 · width, channels]
     */
    public NDArray forward(NDArray x, Pass pass, Tape tape) {
        Shape shape = x.getShape();
        boolean asOne =
                pass.operators().fast()
                        && Winograd.fusingPays(
                                channels, (int) shape.get(0), shape.get(1), shape.get(2));
        return asOne ? asOne(x, pass, tape) : next.forward(up(x, pass, tape), pass, tape);
    }

    private NDArray asOne(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDList kernel =
                ops.all("fused_kernel", weight.value(), next.weight().value(), winograd.tiles(4));
        NDArray y =
                ops.one(
                        "fused_up_conv",
                        x,
                        weight.value(),
                        bias.value(),
                        next.weight().value(),
                        kernel.get(0),
                        winograd.tiles(4),
                        Winograd.STRIP);
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "fused_up_conv_backward",
                                    dy,
                                    x,
                                    weight.value(),
                                    bias.value(),
                                    next.weight().value(),
                                    kernel.get(0),
                                    kernel.get(1),
                                    kernel.get(2),
                                    winograd.tiles(4),
                                    Winograd.STRIP);
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    next.weight().gradient(d.get(3));
                    return d.get(0);
                },
                y,
                kernel.get(0),
                kernel.get(1),
                kernel.get(2));
        return y;
    }

    private NDArray up(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        Shape shape = x.getShape();
        boolean byProduct = ops.tuned() && shape.get(1) * shape.get(2) <= SMALL_MAP;
        String operator = byProduct ? "up_product" : "up_conv";
        NDArray y = ops.one(operator, x, weight.value(), bias.value());
        tape.record(
                dy -> {
                    NDList d = ops.all(operator + "_backward", dy, x, weight.value());
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    return d.get(0);
                },
                y);
        return y;
    }
}
