package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.layers.BatchNorm;
import io.kiln.model.layers.DensifyConv;
import io.kiln.model.layers.Initialiser;
import io.kiln.model.layers.LayerNorm;
import io.kiln.model.layers.Norm;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.RowConv;
import io.kiln.model.layers.Tape;
import io.kiln.model.layers.Weights;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Dense maps of all four stages, which SparK's decoder is given (docs/explanation/method.md,
 * section 3), from the smallest (level 0, stride 32) to the largest (level 3, stride 4): norm, a
 * learnt token at inactive sites, projection to the decoder's width. Maps are [images, height,
 * width, decoderWidth / 2^level].
 */
final class DensifyStages implements Densify {
    private static final double TOKEN_STD = 0.02;

    private final List<Norm> norms = new ArrayList<>();
    private final List<Parameter> tokens = new ArrayList<>();
    private final List<@Nullable RowConv> projections = new ArrayList<>();

    DensifyStages(Architecture architecture, Weights weights) {
        for (int level = 0; level < Architecture.STAGES; level++) {
            int channels = architecture.widths().get(stage(level));
            int out = architecture.decoderWidth() >> level;
            Weights.Scope norm = weights.scope("densify_norms").at(Integer.toString(level));
            norms.add(
                    architecture.family().usesBatchNorm()
                            ? BatchNorm.ofShared(norm, channels)
                            : new LayerNorm(norm, channels));
            Parameter token =
                    weights.scope("mask_tokens")
                            .at(Integer.toString(level))
                            .parameter(
                                    Initialiser.truncatedNormal(TOKEN_STD, TOKEN_STD),
                                    1,
                                    channels,
                                    1,
                                    1);
            boolean identity = level == 0 && channels == out;
            Weights.Scope projection = weights.scope("densify_projs").at(Integer.toString(level));
            tokens.add(token);
            projections.add(
                    identity
                            ? null
                            : RowConv.densify(
                                    projection, token, channels, out, level == 0 ? 1 : 3));
        }
    }

    /** Stage of the encoder whose features a level is made of. */
    private static int stage(int level) {
        return Architecture.STAGES - 1 - level;
    }

    @Override
    public Maps forward(Encoder.Features features, Pass pass) {
        Maps result = new Maps(new ArrayList<>(), new ArrayList<>());
        for (int level = 0; level < Architecture.STAGES; level++) {
            Tape tape = new Tape();
            int of = level;
            NDArray rows = features.rows(stage(level));
            result.maps()
                    .add(norms.get(level).forward(rows, n -> map(n, of, pass, tape), pass, tape));
            result.tapes().add(tape);
        }
        return result;
    }

    private NDArray map(NDArray rows, int level, Pass pass, Tape tape) {
        int side = pass.grid().side(InputGeometry.STRIDE >> level);
        RowConv projection = projections.get(level);
        return projection == null
                ? DensifyConv.spread(rows, tokens.get(level), pass.tables().map(side), pass, tape)
                : projection.forward(rows, side, pass, tape);
    }
}
