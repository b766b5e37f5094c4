package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.layers.BatchNorm;
import io.kiln.model.layers.BatchNorm.Activation;
import io.kiln.model.layers.DenseConv;
import io.kiln.model.layers.Linear;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Tape;
import io.kiln.model.layers.UpsampleConv;
import io.kiln.model.layers.Weights;
import io.kiln.model.torch.Operators;
import java.util.ArrayList;
import java.util.List;

/**
 * The light, UNet-like decoder (docs/explanation/method.md, section 4): five blocks, each of which
 * doubles the side and halves the channels.
 */
final class LightDecoder implements Decoder {
    private static final int BLOCKS = 5;

    private final List<Block> blocks = new ArrayList<>();
    private final Linear toPixels;

    LightDecoder(Architecture architecture, Weights.Scope scope) {
        int channels = architecture.decoderWidth();
        for (int i = 0; i < BLOCKS; i++) {
            blocks.add(new Block(scope.at("dec").at(Integer.toString(i)), channels));
            channels /= 2;
        }
        toPixels = Linear.ofDecoder(scope.at("proj"), channels, architecture.channels());
    }

    private record Reconstruction(NDArray images, NDArray guesses, List<Tape> tapes)
            implements Drawing {
        @Override
        public List<NDArray> backward(NDArray dy) {
            List<NDArray> byLevel = new ArrayList<>();
            NDArray gradient = tapes.get(BLOCKS).unwind(dy);
            for (int i = BLOCKS - 1; i >= 0; i--) {
                NDArray next = tapes.get(i).unwind(gradient);
                if (i >= Architecture.STAGES - 1) {
                    gradient.close(); // the gradient after an earlier block is also that of the map
                    // added there
                }
                gradient = next;
                if (i < Architecture.STAGES) {
                    byLevel.add(0, gradient);
                }
            }
            return byLevel;
        }
    }

    @Override
    public Drawing forward(List<NDArray> maps, Pass pass) {
        List<Tape> tapes = new ArrayList<>();
        NDArray x = maps.get(0);
        for (int i = 0; i < BLOCKS; i++) {
            if (i > 0 && i < Architecture.STAGES) {
                pass.operators().apply("add_into", x, maps.get(i));
            }
            Tape tape = new Tape();
            x = blocks.get(i).forward(x, pass, tape);
            tapes.add(tape);
        }
        Tape tape = new Tape();
        NDArray images = toPixels.forward(x, pass, tape);
        NDArray guesses = masked(images, pass, tape);
        tapes.add(tape);
        return new Reconstruction(images, guesses, tapes);
    }

    /** The masked patches of whole images. */
    private static NDArray masked(NDArray images, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        PatchGrid grid = pass.grid();
        NDArray masked = pass.tables().maskedPatches();
        NDArray y = ops.one("masked_patches", images, masked, grid.height(), grid.width());
        tape.record(dy -> Decoder.placed(dy, pass), y);
        return y;
    }

    /** 4×4 transposed convolution, 3×3, BN, ReLU6, 3×3, BN. */
    private static final class Block {
        private final UpsampleConv up;
        private final BatchNorm firstNorm;
        private final DenseConv second;
        private final BatchNorm secondNorm;

        Block(Weights.Scope scope, int channels) {
            up = new UpsampleConv(scope.at("up_sample"), scope.at("conv").at("0"), channels);
            firstNorm = new BatchNorm(scope.at("conv").at("1"), channels, Activation.RELU6);
            second = new DenseConv(scope.at("conv").at("3"), channels, channels / 2);
            secondNorm = new BatchNorm(scope.at("conv").at("4"), channels / 2, Activation.NONE);
        }

        NDArray forward(NDArray x, Pass pass, Tape tape) {
            NDArray y = up.forward(x, pass, tape);
            y = firstNorm.forward(y, n -> second.forward(n, pass, tape), pass, tape);
            return secondNorm.forward(y, pass, tape);
        }
    }
}
