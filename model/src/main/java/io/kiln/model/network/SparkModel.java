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
    private final LightDecoder decoder;

    /** Creates the network and adds its parameters to the weights. */
    public SparkModel(Architecture architecture, Weights weights) {
        this.architecture = architecture;
        this.weights = weights;
        this.encoder = Encoder.of(architecture, weights);
        this.decoder = new LightDecoder(architecture, weights.scope("dense_decoder"));
        this.densify = new Densify(architecture, weights);
    }

    /** What fixes the names and shapes of the weights. */
    public Architecture architecture() {
        return architecture;
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

        // 3. Densify each scale: a learnt token at masked sites, then a projection.
        pass.enter(Phase.DENSIFY);
        Densify.Maps maps = densify.forward(features, pass); // by level [images, h, w, channels]

        // 4. Decode, from the smallest map to the image.
        pass.enter(Phase.DECODER);
        LightDecoder.Decoded decoded = decoder.forward(maps.maps(), pass); // [images, H, W, C]

        // 5. Loss, on masked patches only.
        pass.enter(Phase.LOSS);
        PatchLoss loss = PatchLoss.of(decoded.reconstruction(), patches.masked(), pass);

        return new ForwardResult(features, maps, decoded, loss, pass);
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
        NDArray reconstructed =
                ops.one(
                        "denormalise_patches",
                        result.reconstruction(),
                        patches.masked(),
                        pass.tables().maskedPatches(),
                        grid.height(),
                        grid.width());
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
