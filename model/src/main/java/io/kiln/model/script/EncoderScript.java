package io.kiln.model.script;

import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.torch.ScriptModule;
import io.kiln.model.weights.WeightNames;

/**
 * Writes the dense encoder's forward pass as TorchScript. What comes out takes images [images,
 * channels, height, width], normalised, and gives the list of features at strides 4, 8, 16 and 32.
 * Its parameters and buffers have the names of a weight file, so state_dict() is one. Norms honour
 * training mode; there is no drop-path.
 */
public final class EncoderScript {
    private EncoderScript() {}

    /**
     * The encoder as a module.
     *
     * @param weights read when the module is written
     * @param names what the module's parameters are called
     */
    public static ScriptModule of(Architecture architecture, Weights weights, WeightNames names) {
        ScriptCode code = new ScriptCode(architecture, weights, names);
        return switch (architecture.family()) {
            case RESNET_BASIC, RESNET_BOTTLENECK -> ResNetScript.write(architecture, code);
            case CONVNEXT, CONVNEXT_V2 -> ConvNextScript.write(architecture, code);
        };
    }
}
