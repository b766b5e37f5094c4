package io.kiln.verification.masked;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.layers.ConvSpec;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.RowConv;
import io.kiln.model.layers.Tape;
import io.kiln.model.torch.OperatorLibrary;
import io.kiln.model.torch.Operators;

/**
 * A convolution of rows as SparK's own code computes it: over the whole map, zeros at masked sites;
 * outputs at masked sites are dropped.
 */
record MaskedDenseConv(ConvSpec spec) implements RowConv {
    private static final OperatorLibrary LIBRARY =
            OperatorLibrary.withSource(MaskedDenseConv.class, "masked_dense.py");

    @Override
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators().of(LIBRARY);
        NDArray weight = spec.weight().value();
        NDArray inputMap = pass.tables().map(side);
        NDArray inputSites = pass.tables().sites(side);
        NDArray outputMap = pass.tables().map(side / spec.stride());
        NDArray outputSites = pass.tables().sites(side / spec.stride());
        Parameter bias = spec.bias();
        NDArray y =
                bias == null
                        ? ops.one(
                                "masked_conv",
                                x,
                                weight,
                                inputMap,
                                outputSites,
                                spec.stride(),
                                spec.padding(),
                                spec.groups())
                        : ops.one(
                                "masked_conv_bias",
                                x,
                                weight,
                                bias.value(),
                                inputMap,
                                outputSites,
                                spec.stride(),
                                spec.padding(),
                                spec.groups());
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "masked_conv_backward",
                                    dy,
                                    x,
                                    weight,
                                    inputMap,
                                    outputMap,
                                    inputSites,
                                    spec.stride(),
                                    spec.padding(),
                                    spec.groups(),
                                    !spec.readsPixels());
                    spec.weight().gradient(d.get(1));
                    if (bias != null) {
                        bias.gradient(d.get(2));
                    }
                    return d.get(0);
                },
                y);
        return y;
    }
}
