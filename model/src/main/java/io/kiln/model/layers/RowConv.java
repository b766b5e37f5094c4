package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;

/**
 * A convolution that reads rows [sites, channels]: a layer of the encoder, or a projection of
 * {@code Densify}. The static methods create its weights, with the initial values of the official
 * code; {@link ConvFactory} decides how it is computed.
 */
@FunctionalInterface
public interface RowConv {
    /**
     * @param x [active · side², in]
     * @param side sites along a patch's side
     * @return rows [active · (side / stride)², out]; of a densify projection the dense map [images,
     *     height, width, out]
     */
    NDArray forward(NDArray x, int side, Pass pass, Tape tape);

    /** ResNet's 3×3 convolution without bias, padding 1, Kaiming-initialised. */
    static RowConv threeByThree(Weights.Scope scope, int in, int out, int stride) {
        Parameter weight =
                scope.at("weight").parameter(Initialiser.kaimingFanOut(out, 3), out, in, 3, 3);
        return scope.conv(new ConvSpec(weight, null, stride, 1, 1, false));
    }

    /** The stem of ResNet: 7×7, stride 2, padding 3, without bias, on pixels. */
    static RowConv resNetStem(Weights.Scope scope, int in, int out) {
        Parameter weight =
                scope.at("weight").parameter(Initialiser.kaimingFanOut(out, 7), out, in, 7, 7);
        return scope.conv(new ConvSpec(weight, null, 2, 3, 1, true));
    }

    /** ResNet's 1×1 convolution without bias, Kaiming-initialised. */
    static RowConv pointwise(Weights.Scope scope, int in, int out) {
        Parameter weight =
                scope.at("weight").parameter(Initialiser.kaimingFanOut(out, 1), out, in, 1, 1);
        return scope.conv(new ConvSpec(weight, null, 1, 0, 1, false));
    }

    /** A linear layer of ConvNeXt's MLP, with bias: std 0.02, bias 0. */
    static RowConv linear(Weights.Scope scope, int in, int out) {
        Parameter weight = scope.at("weight").parameter(Initialiser.normal(0.02), out, in);
        return scope.conv(new ConvSpec(weight, zeroBias(scope, out), 1, 0, 1, false));
    }

    /** ConvNeXt's 7×7 depthwise convolution with bias, padding 3: std 0.02, bias 0. */
    static RowConv depthwise(Weights.Scope scope, int channels) {
        Parameter weight =
                scope.at("weight").parameter(Initialiser.normal(0.02), channels, 1, 7, 7);
        return scope.conv(new ConvSpec(weight, zeroBias(scope, channels), 1, 3, channels, false));
    }

    /**
     * ConvNeXt's downsampling convolution with bias, whose stride is its kernel: std 0.02, bias 0.
     *
     * @param readsPixels whether it is the stem, whose input needs no gradient
     */
    static RowConv patchify(Weights.Scope scope, int in, int out, int kernel, boolean readsPixels) {
        Parameter weight =
                scope.at("weight").parameter(Initialiser.normal(0.02), out, in, kernel, kernel);
        return scope.conv(new ConvSpec(weight, zeroBias(scope, out), kernel, 0, 1, readsPixels));
    }

    /**
     * A densify projection with bias: rows at active sites, a learnt token at masked ones, then a
     * convolution of the map. Initialised as PyTorch does by default: uniform within ±1 / √fan-in.
     *
     * @param token [1, in, 1, 1]
     * @param kernel 1 or 3
     */
    static RowConv densify(Weights.Scope scope, Parameter token, int in, int out, int kernel) {
        Initialiser uniform = Initialiser.uniform(1 / Math.sqrt((double) in * kernel * kernel));
        Parameter weight = scope.at("weight").parameter(uniform, out, in, kernel, kernel);
        Parameter bias = scope.at("bias").parameter(uniform, out);
        return scope.densify(new ConvSpec(weight, bias, 1, kernel / 2, 1, false), token);
    }

    private static Parameter zeroBias(Weights.Scope scope, int out) {
        return scope.at("bias").parameter(Initialiser.constant(0), out);
    }
}
