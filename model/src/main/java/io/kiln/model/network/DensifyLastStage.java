package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.layers.DensifyConv;
import io.kiln.model.layers.Initialiser;
import io.kiln.model.layers.Linear;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Tape;
import io.kiln.model.layers.Weights;
import java.util.List;

/**
 * What FCMAE's decoder is given (docs/explanation/method.md, section 4): a linear map of the last
 * stage, and a learnt token at masked sites. Its one map is rows of all patches [images · patches ·
 * side², decoderWidth], ordered (patch, y, x). Names are those of FCMAE's code.
 */
final class DensifyLastStage implements Densify {
    private final Linear projection;
    private final Parameter token;

    DensifyLastStage(Architecture architecture, Weights weights) {
        int channels = architecture.widths().get(Architecture.STAGES - 1);
        int width = architecture.decoderWidth();
        projection = Linear.ofDecoder(weights.scope("proj"), channels, width);
        token = weights.scope("mask_token").parameter(Initialiser.normal(0.02), 1, width, 1, 1);
    }

    @Override
    public Maps forward(Encoder.Features features, Pass pass) {
        Tape tape = new Tape();
        NDArray rows = projection.forward(features.rows(Architecture.STAGES - 1), pass, tape);
        NDArray index = pass.tables().patches(pass.grid().side(InputGeometry.STRIDE));
        return new Maps(List.of(DensifyConv.spread(rows, token, index, pass, tape)), List.of(tape));
    }
}
