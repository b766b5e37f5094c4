package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.Pass;
import io.kiln.model.torch.Phase;
import java.util.List;

/** What a forward pass computed, and its backward pass. */
public final class ForwardResult {
    private final Encoder.Features features;
    private final Densify.Maps maps;
    private final LightDecoder.Decoded decoded;
    private final PatchLoss loss;
    private final Pass pass;

    ForwardResult(
            Encoder.Features features,
            Densify.Maps maps,
            LightDecoder.Decoded decoded,
            PatchLoss loss,
            Pass pass) {
        this.features = features;
        this.maps = maps;
        this.decoded = decoded;
        this.loss = loss;
        this.pass = pass;
    }

    /** The loss, a scalar. */
    public NDArray loss() {
        return loss.value();
    }

    /** [images, height, width, channels], in the space of normalised patches. */
    public NDArray reconstruction() {
        return decoded.reconstruction();
    }

    /** Outputs of the encoder by stage, each [active · (patch / stride)², width]. */
    public List<NDArray> features() {
        return features.rows();
    }

    /**
     * Densified maps by level, from the smallest, each [images, height, width, channels]. The
     * decoder adds to all but the first in place.
     */
    public List<NDArray> maps() {
        return maps.maps();
    }

    /** Runs the network backwards and sets the gradient of every parameter. May be called once. */
    public void backward() {
        pass.enter(Phase.DECODER_BACKWARD);
        try (NDArray byReconstruction = loss.backward(pass)) {
            List<NDArray> byMap = decoded.backward(byReconstruction);
            pass.enter(Phase.DENSIFY_BACKWARD);
            List<NDArray> byFeatures = maps.backward(byMap);
            byMap.forEach(NDArray::close);
            pass.enter(Phase.ENCODER_BACKWARD);
            features.backward(byFeatures, pass.operators());
        }
    }
}
