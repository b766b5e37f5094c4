package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.LayerNorm;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.RowConv;
import io.kiln.model.layers.Tape;
import io.kiln.model.layers.Weights;
import java.util.ArrayList;
import java.util.List;

/** The official ConvNeXt, of either version, without head, on rows; names are the official ones. */
final class ConvNextEncoder extends Encoder {
    private static final int STEM_STRIDE = 4;

    private final List<RowConv> downsampleConvs = new ArrayList<>();
    private final List<LayerNorm> downsampleNorms = new ArrayList<>();
    private final List<List<ConvNextBlock>> stages = new ArrayList<>();

    ConvNextEncoder(Architecture architecture, Weights.Scope scope) {
        List<Integer> widths = architecture.widths();
        int number = 0;
        for (int stage = 0; stage < Architecture.STAGES; stage++) {
            Weights.Scope downsample = scope.at("downsample_layers").at(Integer.toString(stage));
            if (stage == 0) {
                downsampleConvs.add(
                        RowConv.patchify(
                                downsample.at("0"),
                                architecture.channels(),
                                widths.get(0),
                                STEM_STRIDE,
                                true));
                downsampleNorms.add(new LayerNorm(downsample.at("1"), widths.get(0)));
            } else {
                downsampleNorms.add(new LayerNorm(downsample.at("0"), widths.get(stage - 1)));
                downsampleConvs.add(
                        RowConv.patchify(
                                downsample.at("1"),
                                widths.get(stage - 1),
                                widths.get(stage),
                                2,
                                false));
            }
        }
        for (int stage = 0; stage < Architecture.STAGES; stage++) {
            List<ConvNextBlock> blocks = new ArrayList<>();
            for (int i = 0; i < architecture.depths().get(stage); i++) {
                Weights.Scope at =
                        scope.at("stages").at(Integer.toString(stage)).at(Integer.toString(i));
                blocks.add(block(architecture, at, widths.get(stage), number++));
            }
            stages.add(blocks);
        }
    }

    private static ConvNextBlock block(
            Architecture architecture, Weights.Scope scope, int width, int number) {
        double dropRate = architecture.dropPathRate(number);
        return architecture.family() == Family.CONVNEXT_V2
                ? ConvNextBlock.version2(scope, width, number, dropRate)
                : ConvNextBlock.version1(scope, width, architecture.layerScale(), number, dropRate);
    }

    @Override
    NDArray stage(int stage, NDArray x, Pass pass, Tape tape) {
        int side = pass.grid().side(STEM_STRIDE << stage);
        NDArray y = stage == 0 ? stem(x, pass, tape) : downsample(stage, x, 2 * side, pass, tape);
        for (ConvNextBlock block : stages.get(stage)) {
            y = block.forward(y, side, pass, tape);
        }
        return y;
    }

    private NDArray stem(NDArray pixels, Pass pass, Tape tape) {
        NDArray y = downsampleConvs.get(0).forward(pixels, pass.grid().patch(), pass, tape);
        return downsampleNorms.get(0).forward(y, pass, tape);
    }

    private NDArray downsample(int stage, NDArray x, int side, Pass pass, Tape tape) {
        RowConv convolution = downsampleConvs.get(stage);
        return downsampleNorms
                .get(stage)
                .forward(x, n -> convolution.forward(n, side, pass, tape), pass, tape);
    }
}
