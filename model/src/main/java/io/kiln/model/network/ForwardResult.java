package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.Pass;
import io.kiln.model.torch.Phase;
import java.util.List;

/** What a forward pass computed, and its backward pass. */
public final class ForwardResult {
    private final Encoder.Features features;
    private final Densify.Maps maps;
    private final Decoder.Drawing drawing;
    private final PatchLoss loss;
    private final Pass pass;

    ForwardResult(
            Encoder.Features features,
            Densify.Maps maps,
            Decoder.Drawing drawing,
            PatchLoss loss,
            Pass pass) {
        this.features = features;
        this.maps = maps;
        this.drawing = drawing;
        this.loss = loss;
        this.pass = pass;
    }

    /** The loss, a scalar. */
    public NDArray loss() {
        return loss.value();
    }

    /**
     * [images, height, width, channels], in the space of normalised patches. A decoder that draws
     * masked patches alone leaves 0 elsewhere.
     */
    public NDArray reconstruction() {
        return drawing.images();
    }

    /** The masked patches of the reconstruction, [masked, patch · patch · channels]. */
    NDArray guesses() {
        return drawing.guesses();
    }

    /** Outputs of the encoder by stage, each [active · (patch / stride)², width]. */
    public List<NDArray> features() {
        return features.rows();
    }

    /**
     * Densified maps by level, from the smallest. SparK's are [images, height, width, channels];
     * its decoder adds to all but the first in place. FCMAE's one map is rows of all patches.
     */
    public List<NDArray> maps() {
        return maps.maps();
    }

    /** Runs the network backwards and sets the gradient of every parameter. May be called once. */
    public void backward() {
        pass.enter(Phase.DECODER_BACKWARD);
        try (NDArray byGuesses = loss.backward(pass)) {
            List<NDArray> byMap = drawing.backward(byGuesses);
            pass.enter(Phase.DENSIFY_BACKWARD);
            List<NDArray> byFeatures = maps.backward(byMap);
            byMap.forEach(NDArray::close);
            pass.enter(Phase.ENCODER_BACKWARD);
            features.backward(byFeatures, pass.operators());
        }
    }
}
