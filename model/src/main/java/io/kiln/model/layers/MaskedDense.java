package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;
import org.jspecify.annotations.Nullable;

/**
 * A convolution of rows as SparK's own code computes it: over the whole map, zeros where nothing is
 * active, and what comes out at inactive sites is dropped. There to be compared with.
 *
 * @param weight [out, in / groups, kernel, kernel] or [out, in]
 * @param padding sites around the map
 * @param groups of channels
 * @param first whether its input is pixels, which need no gradient
 */
record MaskedDense(
        Parameter weight,
        @Nullable Parameter bias,
        int stride,
        int padding,
        int groups,
        boolean first) {
    /**
     * @param x [active · side², in]
     * @param side sites along a patch's side
     * @return [active · (side / stride)², out]
     */
    NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray toMap = pass.map(side);
        NDArray outputs = pass.sites(side / stride);
        NDArray y =
                bias == null
                        ? ops.one(
                                "masked_conv",
                                x,
                                weight.value(),
                                toMap,
                                outputs,
                                stride,
                                padding,
                                groups)
                        : ops.one(
                                "masked_conv_bias",
                                x,
                                weight.value(),
                                bias.value(),
                                toMap,
                                outputs,
                                stride,
                                padding,
                                groups);
        NDArray outputMap = pass.map(side / stride);
        NDArray inputs = pass.sites(side);
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "masked_conv_backward",
                                    dy,
                                    x,
                                    weight.value(),
                                    toMap,
                                    outputMap,
                                    inputs,
                                    stride,
                                    padding,
                                    groups,
                                    !first);
                    weight.gradient(d.get(1));
                    if (bias != null) {
                        bias.gradient(d.get(2));
                    }
                    return d.get(0);
                },
                y);
        return y;
    }
}
