package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Tape;
import io.kiln.model.layers.Weights;
import io.kiln.model.torch.Operators;
import java.util.ArrayList;
import java.util.List;

/**
 * A ConvNet that computes active sites only, on rows [sites, channels]. It has four stages, whose
 * outputs at strides 4, 8, 16 and 32 are its features.
 */
public abstract sealed class Encoder permits ResNetEncoder, ConvNextEncoder {
    /** Prefix of the encoder's weights in the official style; what follows is timm's name. */
    public static final String PREFIX = "sparse_encoder.sp_cnn";

    private static final int FIRST_STRIDE = 4;

    /** The encoder of an architecture, its weights freshly initialised. */
    public static Encoder of(Architecture architecture, Weights weights) {
        return switch (architecture.family()) {
            case RESNET_BASIC, RESNET_BOTTLENECK ->
                    new ResNetEncoder(architecture, weights.scope(PREFIX));
            case CONVNEXT, CONVNEXT_V2 -> new ConvNextEncoder(architecture, weights.scope(PREFIX));
        };
    }

    /**
     * One stage; the first begins with the stem.
     *
     * @param x rows of the stage before, or pixels [active · patch², channels]
     * @return rows at stride 4 · 2^stage
     */
    abstract NDArray stage(int stage, NDArray x, Pass pass, Tape tape);

    /** What a forward pass leaves: the features by stage, and the way back. */
    static final class Features {
        private final List<NDArray> rows = new ArrayList<>();
        private final List<Tape> tapes = new ArrayList<>();

        /** Rows by stage, see {@link #rows(int)}. */
        List<NDArray> rows() {
            return List.copyOf(rows);
        }

        /** Rows of a stage, [active · (patch / stride)², width]. */
        NDArray rows(int stage) {
            return rows.get(stage);
        }

        /**
         * Runs the encoder backwards.
         *
         * @param gradients the loss's gradient by the features, from the last stage's back to those
         *     of the first stage that is read; closed here
         */
        void backward(List<NDArray> gradients, Operators operators) {
            NDArray dy = gradients.get(0);
            for (int level = 1; level < Architecture.STAGES; level++) {
                NDArray dx = tapes.get(Architecture.STAGES - level).unwind(dy);
                dy.close();
                if (level < gradients.size()) {
                    NDArray fromDensify = gradients.get(level);
                    operators.apply("add_into", dx, fromDensify);
                    fromDensify.close();
                }
                dy = dx;
            }
            tapes.get(0).unwind(dy).close();
            dy.close();
        }
    }

    /**
     * Features without a mask and without a way back.
     *
     * @param pixels [patches · patch², channels], normalised, of a grid whose patches are all
     *     active
     * @return by stage, [images, width, height / stride, width / stride]
     */
    public List<NDArray> maps(NDArray pixels, Pass pass) {
        List<NDArray> maps = new ArrayList<>();
        NDArray x = pixels;
        for (int stage = 0; stage < Architecture.STAGES; stage++) {
            x = stage(stage, x, pass, new Tape());
            maps.add(
                    pass.operators()
                            .one(
                                    "rows_to_planes",
                                    x,
                                    pass.tables().map(pass.grid().side(FIRST_STRIDE << stage))));
        }
        return maps;
    }

    /**
     * Computes the running statistics of a calibration pass, and nothing else.
     *
     * @param pixels [active · patch², channels], normalised
     */
    public void calibrate(NDArray pixels, Pass pass) {
        NDArray x = pixels;
        for (int stage = 0; stage < Architecture.STAGES; stage++) {
            x = stage(stage, x, pass, new Tape());
        }
    }

    /**
     * Encodes the active patches.
     *
     * @param pixels [active · patch², channels], normalised
     */
    Features forward(NDArray pixels, Pass pass) {
        Features features = new Features();
        NDArray x = pixels;
        for (int stage = 0; stage < Architecture.STAGES; stage++) {
            Tape tape = new Tape();
            x = stage(stage, x, pass, tape);
            features.rows.add(x);
            features.tapes.add(tape);
        }
        return features;
    }
}
