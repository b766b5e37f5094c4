package io.kiln.training.checkpoints;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.ArtifactStore;
import io.kiln.model.network.Architecture;
import io.kiln.model.script.EncoderScript;
import io.kiln.model.training.WholeImageEncoder;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.WeightNames;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.EncoderWeights;
import io.kiln.schemas.FileRole;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes a version's encoder as a folder that timm, torch.jit and DJL open. */
final class EncoderFiles {
    static final String SAFETENSORS = "safetensors";

    private final ArtifactStore store;
    private final String folder;

    EncoderFiles(ArtifactStore store, String folder) {
        this.store = store;
        this.folder = folder;
    }

    /** The files as an event describes them, the weights first. */
    List<CheckpointFile> write(WholeImageEncoder encoder, EncoderFacts facts) throws IOException {
        Map<String, String> metadata = metadata(facts);
        List<CheckpointFile> files = new ArrayList<>();
        files.add(
                store.write(
                        folder,
                        "model.safetensors",
                        FileRole.ENCODER,
                        SAFETENSORS,
                        out ->
                                EncoderExport.write(
                                        out, encoder.tensors(), WeightNames.TIMM, metadata)));
        files.add(
                store.write(
                        folder,
                        "encoder.pt",
                        FileRole.TORCHSCRIPT,
                        "torchscript",
                        out ->
                                EncoderScript.write(
                                        out, encoder.tensors(), WeightNames.TIMM, metadata)));
        if (!encoder.maskedStatistics().isEmpty()) {
            Architecture network = facts.network();
            files.add(
                    store.write(
                            folder,
                            "masked-norms.safetensors",
                            FileRole.MASKED_NORMS,
                            SAFETENSORS,
                            out ->
                                    EncoderExport.writeSome(
                                            out, encoder.maskedStatistics(), network, metadata)));
        }
        files.add(
                text(
                        "config.json",
                        FileRole.ENCODER_CONFIG,
                        "application/json",
                        TimmConfig.json(facts)));
        files.add(text("README.md", FileRole.MODEL_CARD, "text/markdown", ModelCard.text(facts)));
        files.add(
                text(
                        "configuration.yaml",
                        FileRole.CONFIGURATION,
                        "application/yaml",
                        facts.configuration()));
        return files;
    }

    private CheckpointFile text(String name, FileRole role, String format, String text)
            throws IOException {
        return store.write(
                folder,
                name,
                role,
                format,
                out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static Map<String, String> metadata(EncoderFacts facts) {
        KilnConfig config = facts.config();
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "pt"); // what safetensors.torch expects
        metadata.put("model", config.model().name());
        metadata.put("architecture", facts.network().toJson());
        metadata.put("step", Long.toString(facts.trainer().step()));
        metadata.put("samplesSeen", Long.toString(facts.seen().samples()));
        if (facts.weights() != EncoderWeights.RAW) {
            metadata.put("weights", facts.weights().name());
        }
        metadata.put("height", Integer.toString(config.input().height()));
        metadata.put("width", Integer.toString(config.input().width()));
        metadata.put("mean", config.input().mean().toString());
        metadata.put("std", config.input().std().toString());
        metadata.put("sampleType", config.input().sampleType().name().toLowerCase(Locale.ROOT));
        metadata.put("valueRange", config.input().valueLimits().toString());
        metadata.put("codeVersion", EncoderFacts.codeVersion());
        metadata.put("offsets", facts.seen().offsets().toString());
        return metadata;
    }
}
