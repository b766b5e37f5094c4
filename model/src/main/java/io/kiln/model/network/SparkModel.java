package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.batch.Patches;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Phase;

/** SparK (Tian et al., ICLR 2023): sparse and hierarchical masked modelling for a ConvNet. */
public final class SparkModel {
    private final Architecture architecture;
    private final Weights weights;
    private final Encoder encoder;
    private final Densify densify;
    private final Decoder decoder;

    /** Creates the network and adds its parameters to the weights. */
    public SparkModel(Architecture architecture, Weights weights) {
        this.architecture = architecture;
        this.weights = weights;
        this.encoder = Encoder.of(architecture, weights);
        switch (architecture.decoder()) {
            case UNET -> {
                this.decoder = new LightDecoder(architecture, weights.scope("dense_decoder"));
                this.densify = new DensifyStages(architecture, weights);
            }
            case BLOCK -> {
                this.densify = new DensifyLastStage(architecture, weights);
                this.decoder = new BlockDecoder(architecture, weights);
            }
            default -> throw new IllegalStateException(architecture.decoder() + " is no decoder");
        }
    }

    /** What fixes the names and shapes of the weights. */
    public Architecture architecture() {
        return architecture;
    }

    /** What is published. */
    public Encoder encoder() {
        return encoder;
    }

    /** All weights, by their official names. */
    public Weights weights() {
        return weights;
    }

    /**
     * The forward pass.
     *
     * @param patches of the batch, split by the mask of the pass's grid
     */
    public ForwardResult forward(Patches patches, Pass pass) {
        // 1. Mask: the encoder reads the pixels of active patches and nothing else.
        NDArray pixels = patches.visiblePixels(pass.grid()); // [active · patch², channels]

        // 2. Encode, at active sites only.
        pass.enter(Phase.ENCODER);
        Encoder.Features features = encoder.forward(pixels, pass); // by stage [sites, width]

        // 3. Densify what the decoder reads: a learnt token at masked sites, and a projection.
        pass.enter(Phase.DENSIFY);
        Densify.Maps maps = densify.forward(features, pass); // by level, from the last stage's

        // 4. Decode, up to the pixels of the masked patches.
        pass.enter(Phase.DECODER);
        Decoder.Drawing drawing = decoder.forward(maps.maps(), pass);

        // 5. Loss, on masked patches only.
        pass.enter(Phase.LOSS);
        PatchLoss loss = PatchLoss.of(drawing.guesses(), patches.masked(), pass);

        return new ForwardResult(features, maps, drawing, loss, pass);
    }

    /**
     * The input with masked patches replaced by their reconstruction, transformed back from the
     * space of normalised patches (docs/explanation/method.md).
     *
     * @return [images, height, width, channels], normalised pixels
     */
    public NDArray visualise(ForwardResult result, Patches patches, Pass pass) {
        Operators ops = pass.operators();
        PatchGrid grid = pass.grid();
        NDArray reconstructed = ops.one("denormalise_patches", result.guesses(), patches.masked());
        return ops.one(
                "assemble",
                patches.visible(),
                reconstructed,
                pass.tables().activePatches(),
                pass.tables().maskedPatches(),
                grid.images(),
                grid.height(),
                grid.width(),
                grid.patch());
    }
}
