package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Phase;
import java.util.List;

/** SparK (Tian et al., ICLR 2023): sparse and hierarchical masked modelling for a ConvNet. */
public final class SparkModel {
    private final Weights weights;
    private final Encoder encoder;
    private final Densify densify;
    private final LightDecoder decoder;

    /** Creates the network; its weights go into the given ones. */
    public SparkModel(Architecture architecture, Weights weights) {
        this.weights = weights;
        this.encoder = Encoder.of(architecture, weights);
        this.decoder = new LightDecoder(architecture, weights.scope("dense_decoder"));
        this.densify = new Densify(architecture, weights);
    }

    /** All weights, by their official names. */
    public Weights weights() {
        return weights;
    }

    /**
     * Normalised pixels of a batch, split by its mask.
     *
     * @param visible [active, patch · patch · channels]; pixels by row, column, channel
     * @param hidden [masked, patch · patch · channels]
     */
    public record Patches(NDArray visible, NDArray hidden) {}

    /**
     * What a forward pass leaves.
     *
     * @param loss scalar
     * @param reconstruction [images, height, width, channels], in normalised-patch space
     * @param features encoder outputs by stage, [sites, width]
     * @param maps densified maps by level, from the smallest; after the first the decoder adds to
     *     them in place
     */
    public record Outcome(
            NDArray loss,
            NDArray reconstruction,
            List<NDArray> features,
            List<NDArray> maps,
            Backward backward) {}

    /**
     * Runs the whole network backwards and leaves every parameter's gradient; may be called once.
     */
    @FunctionalInterface
    public interface Backward {
        void run();
    }

    /**
     * One forward pass.
     *
     * @param patches of the batch, masked as the pass's grid says
     */
    public Outcome forward(Patches patches, Pass pass) {
        Operators ops = pass.operators();
        PatchGrid grid = pass.grid();

        // 1. Mask: the encoder is given the active patches' pixels and nothing else.
        long channels = patches.visible.getShape().get(1) / ((long) grid.patch() * grid.patch());
        NDArray pixels = patches.visible.reshape(-1, channels); // [active · patch², channels]

        // 2. Encode, sparsely.
        pass.enter(Phase.ENCODER);
        Encoder.Features features = encoder.forward(pixels, pass);

        // 3. Densify each scale.
        pass.enter(Phase.DENSIFY);
        Densify.Maps maps = densify.forward(features, pass);

        // 4. Decode, from the smallest map to the image.
        pass.enter(Phase.DECODER);
        LightDecoder.Decoded decoded = decoder.forward(maps.maps(), pass);

        // 5. Loss on the masked patches.
        pass.enter(Phase.LOSS);
        double scale = 1 / (grid.masked() + 1e-8);
        NDList lossAndError =
                ops.all(
                        "patch_loss",
                        decoded.reconstruction(),
                        patches.hidden,
                        pass.maskedCells(),
                        grid.height(),
                        grid.width(),
                        scale);
        NDArray error = lossAndError.get(1);

        return new Outcome(
                lossAndError.get(0),
                decoded.reconstruction(),
                List.of(features.rows(0), features.rows(1), features.rows(2), features.rows(3)),
                maps.maps(),
                () -> {
                    pass.enter(Phase.DECODER_BACKWARD);
                    try (NDArray d =
                            ops.one(
                                    "patch_loss_backward",
                                    error,
                                    pass.maskedCells(),
                                    grid.images(),
                                    grid.height(),
                                    grid.width(),
                                    grid.patch(),
                                    scale)) {
                        List<NDArray> byLevel = decoded.backward(d);
                        pass.enter(Phase.DENSIFY_BACKWARD);
                        List<NDArray> byStage = maps.backward(byLevel);
                        byLevel.forEach(NDArray::close);
                        pass.enter(Phase.ENCODER_BACKWARD);
                        features.backward(byStage, ops);
                    }
                });
    }

    /**
     * The input with the network's guess on masked patches, brought back from normalised-patch
     * space (docs/explanation/method.md, section 5).
     *
     * @return [images, height, width, channels], normalised pixels
     */
    public NDArray visualise(Outcome outcome, Patches patches, Pass pass) {
        Operators ops = pass.operators();
        PatchGrid grid = pass.grid();
        NDArray guess =
                ops.one(
                        "hidden_guess",
                        outcome.reconstruction(),
                        patches.hidden,
                        pass.maskedCells(),
                        grid.height(),
                        grid.width());
        return ops.one(
                "assemble",
                patches.visible,
                guess,
                pass.activeCells(),
                pass.maskedCells(),
                grid.images(),
                grid.height(),
                grid.width(),
                grid.patch());
    }
}
