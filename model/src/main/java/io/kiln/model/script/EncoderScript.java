package io.kiln.model.script;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.model.network.Architecture;
import io.kiln.model.torch.ScriptModule;
import io.kiln.model.torch.TorchScriptArchive;
import io.kiln.model.weights.EncoderTensors;
import io.kiln.model.weights.WeightNames;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the dense encoder's forward pass as TorchScript. What comes out takes images [images,
 * channels, height, width], normalised, and gives a list of five: the features at strides 4, 8, 16
 * and 32, and the embedding [images, width of the last stage], which is what timm's network without
 * classifier gives: the mean of the last stage's maps, in a ConvNeXt normalised over its values.
 * Its parameters and buffers have the names of a weight file, so state_dict() is one. Norms honour
 * training mode; there is no drop-path.
 */
public final class EncoderScript {
    private static final ObjectMapper JSON = new ObjectMapper();

    private EncoderScript() {}

    /**
     * The encoder as a module.
     *
     * @param encoder read when the module is written
     * @param names what the module's parameters are called
     */
    public static ScriptModule of(EncoderTensors encoder, WeightNames names) {
        Architecture architecture = encoder.architecture();
        ScriptCode code = new ScriptCode(encoder, names);
        return switch (architecture.family()) {
            case RESNET_BASIC, RESNET_BOTTLENECK -> ResNetScript.write(architecture, code);
            case CONVNEXT, CONVNEXT_V2 -> ConvNextScript.write(architecture, code);
        };
    }

    /**
     * Writes an encoder as an archive that torch.jit.load and DJL run.
     *
     * @param metadata put into it as the extra file metadata.json
     */
    public static void write(
            OutputStream out,
            EncoderTensors encoder,
            WeightNames names,
            Map<String, String> metadata)
            throws IOException {
        String json = JSON.writeValueAsString(new TreeMap<>(metadata));
        TorchScriptArchive.write(out, of(encoder, names), Map.of("metadata.json", json));
    }
}
