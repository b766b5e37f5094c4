package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.layers.Linear;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Tape;
import io.kiln.model.layers.Weights;
import io.kiln.model.torch.Operators;
import java.util.List;

/**
 * FCMAE's decoder (docs/explanation/method.md, section 4): one dense block of ConvNeXt V2 over the
 * sites of the last stage, then a linear map from a site to its pixels, of masked patches alone.
 * Names are those of FCMAE's code.
 */
final class BlockDecoder implements Decoder {
    private static final int STRIDE = InputGeometry.STRIDE;

    private final ConvNextBlock block;
    private final Linear toPixels;

    BlockDecoder(Architecture architecture, Weights weights) {
        int width = architecture.decoderWidth();
        block = ConvNextBlock.version2(weights.scope("decoder").at("0"), width, 0, 0);
        int pixels = STRIDE * STRIDE * architecture.channels();
        toPixels = Linear.ofDecoder(weights.scope("pred"), width, pixels);
    }

    private record Guesses(NDArray guesses, Tape tape, Pass pass) implements Drawing {
        @Override
        public NDArray images() {
            return Decoder.placed(guesses, pass);
        }

        @Override
        public List<NDArray> backward(NDArray dy) {
            return List.of(tape.unwind(dy));
        }
    }

    @Override
    public Drawing forward(List<NDArray> maps, Pass pass) {
        Tape tape = new Tape();
        int side = pass.grid().side(STRIDE);
        NDArray x = block.forward(maps.get(0), side, pass.dense(), tape); // [all sites, width]
        x = masked(x, pass, tape); // [masked · side², width]
        x = toPixels.forward(x, pass, tape); // [masked · side², 32² · channels]
        x = joined(x, side, pass, tape); // [masked, patch² · channels]
        return new Guesses(x, tape, pass);
    }

    /** Rows of masked patches, of the rows of all. */
    private static NDArray masked(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray masked = pass.tables().maskedPatches();
        int patches = pass.grid().active() + pass.grid().masked();
        NDArray y = ops.one("rows_of_patches", x, masked, patches);
        tape.record(dy -> ops.one("rows_of_patches_backward", dy, masked, patches), y);
        return y;
    }

    /** The pixels of a patch's sites as the pixels of the patch. */
    private static NDArray joined(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        if (side == 1) {
            return x;
        }
        NDArray y = ops.one("join_sites", x, side, STRIDE);
        tape.record(dy -> ops.one("join_sites_backward", dy, side, STRIDE), y);
        return y;
    }
}
