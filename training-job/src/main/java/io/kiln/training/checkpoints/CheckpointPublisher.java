package io.kiln.training.checkpoints;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.JobRecords;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Reconstruction;
import io.kiln.model.training.Trainer;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.WeightNames;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.SparseBatch;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.state.ConfigurationHash;
import io.kiln.training.state.RunProgress;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes the files of a checkpoint and makes the event that announces them. The files hold nothing
 * that differs between equal runs.
 */
public final class CheckpointPublisher {
    private static final String SAFETENSORS = "safetensors";

    private final KilnConfig config;
    private final ArtifactStore store;
    private final JobRecords<SparseBatch> batches;

    public CheckpointPublisher(KilnConfig config) {
        this.config = config;
        this.store = new ArtifactStore(config.checkpoints().artifacts());
        this.batches = new JobRecords<>(config, SparseBatch.class, config.topics().sparseBatches());
    }

    /** Folder of the store that holds the versions of a run. */
    static String folder(KilnConfig config) {
        return config.model().name() + "/" + config.training().runId();
    }

    /**
     * Writes the next version's files.
     *
     * @param flinkCheckpoint id of the Flink checkpoint that commits the event
     * @return the event, whose files exist
     */
    public CheckpointEvent publish(Trainer trainer, RunProgress progress, long flinkCheckpoint)
            throws IOException {
        long version = progress.version() + 1;
        String runId = config.training().runId();
        String model = config.model().name();
        String folder = folder(config) + "/" + new VersionFolder(version, trainer.step()).name();
        return new CheckpointEvent(
                CheckpointEvents.id(runId, version, CheckpointStatus.CANDIDATE),
                runId,
                model,
                version,
                version == 1 ? null : version - 1,
                trainer.step(),
                trainer.samplesSeen(),
                progress.seen().toRecords(),
                files(trainer, progress, folder),
                trainer.settings().architecture().toJson(),
                ConfigurationHash.of(config, progress.masking(config)),
                new InputSpec(
                        config.input().height(),
                        config.input().width(),
                        config.input().channels(),
                        config.input().mean(),
                        config.input().std(),
                        config.input().valueLimits()),
                "timm",
                progress.meanLoss(),
                null,
                progress.learningRate(),
                config.training().precision().name().toLowerCase(Locale.ROOT),
                flinkCheckpoint,
                codeVersion(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS),
                CheckpointStatus.CANDIDATE);
    }

    private List<CheckpointFile> files(Trainer trainer, RunProgress progress, String folder)
            throws IOException {
        List<CheckpointFile> files = new ArrayList<>();
        files.add(
                store.write(
                        folder,
                        "encoder.safetensors",
                        FileRole.ENCODER,
                        SAFETENSORS,
                        out ->
                                EncoderExport.write(
                                        out,
                                        trainer.model(),
                                        WeightNames.TIMM,
                                        metadata(trainer, progress))));
        files.add(
                store.write(
                        folder,
                        "training-state.safetensors",
                        FileRole.TRAINING_STATE,
                        SAFETENSORS,
                        trainer::save));
        byte[] first = progress.firstBatch();
        int pictures = config.checkpoints().reconstructions();
        if (first != null && pictures > 0) {
            Reconstruction drawn = trainer.reconstruct(firstBatch(first));
            files.add(
                    store.write(
                            folder,
                            "reconstructions.png",
                            FileRole.RECONSTRUCTIONS,
                            "image/png",
                            out -> ReconstructionImage.write(drawn, pictures, out)));
        }
        return files;
    }

    private MaskedBatch firstBatch(byte[] value) {
        return BatchDecoder.toMaskedBatch(batches.read(value));
    }

    private Map<String, String> metadata(Trainer trainer, RunProgress progress) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "pt"); // what safetensors.torch expects
        metadata.put("model", config.model().name());
        metadata.put("architecture", trainer.settings().architecture().toJson());
        metadata.put("step", Long.toString(trainer.step()));
        metadata.put("samplesSeen", Long.toString(trainer.samplesSeen()));
        metadata.put("height", Integer.toString(config.input().height()));
        metadata.put("width", Integer.toString(config.input().width()));
        metadata.put("mean", config.input().mean().toString());
        metadata.put("std", config.input().std().toString());
        metadata.put("sampleType", config.input().sampleType().name().toLowerCase(Locale.ROOT));
        metadata.put("valueRange", config.input().valueLimits().toString());
        metadata.put("codeVersion", codeVersion());
        metadata.put("offsets", progress.seen().toRecords().toString());
        return metadata;
    }

    private static String codeVersion() {
        String version = CheckpointPublisher.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
