package io.kiln.training.checkpoints;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.ArtifactStore;
import io.kiln.kafka.JobRecords;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Reconstruction;
import io.kiln.model.training.Trainer;
import io.kiln.model.training.WholeImageEncoder;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.NormStatistics;
import io.kiln.schemas.Sha256;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TimmModel;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.state.RunProgress;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Writes the files of a checkpoint and makes the event that announces them. The files hold nothing
 * that differs between equal runs.
 */
public final class CheckpointPublisher {
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
     * @param seen what the weights have been trained on
     * @param flinkCheckpoint id of the Flink checkpoint that commits the event
     * @return the event, whose files exist
     */
    public CheckpointEvent publish(
            Trainer trainer, RunProgress progress, SeenByWeights seen, long flinkCheckpoint)
            throws IOException {
        byte[] last = progress.lastBatch();
        if (last == null) {
            throw new IllegalStateException("a version needs a step");
        }
        try (WholeImageEncoder encoder = trainer.encoder(decoded(last))) {
            return publish(
                    encoder,
                    EncoderFacts.of(config, trainer, progress, seen, encoder),
                    flinkCheckpoint);
        }
    }

    private CheckpointEvent publish(
            WholeImageEncoder encoder, EncoderFacts facts, long flinkCheckpoint)
            throws IOException {
        Trainer trainer = facts.trainer();
        RunProgress progress = facts.progress();
        long version = facts.version();
        String runId = config.training().runId();
        String folder = folder(config) + "/" + new VersionFolder(version, trainer.step()).name();
        List<CheckpointFile> files = new EncoderFiles(store, folder).write(encoder, facts);
        files.addAll(trainingFiles(trainer, progress, folder));
        return new CheckpointEvent(
                CheckpointEvents.id(runId, version, CheckpointStatus.CANDIDATE),
                runId,
                config.model().name(),
                version,
                version == 1 ? null : version - 1,
                trainer.step(),
                facts.seen().samples(),
                facts.seen().offsets(),
                files,
                trainer.settings().architecture().toJson(),
                Sha256.hex(facts.configuration()),
                facts.masking().maskRatio(),
                facts.masking().seed(),
                EventInput.of(config.input()),
                facts.timm()
                        .map(t -> new TimmModel(t.name(), TimmConfig.line(t.arguments())))
                        .orElse(null),
                facts.features(),
                facts.embeddingSize(),
                NormStatistics.valueOf(facts.statistics().name()),
                "timm",
                progress.meanLoss(),
                progress.learningRate(),
                config.training().precision().name().toLowerCase(Locale.ROOT),
                flinkCheckpoint,
                EncoderFacts.codeVersion(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS),
                CheckpointStatus.CANDIDATE,
                null,
                facts.weights());
    }

    private List<CheckpointFile> trainingFiles(Trainer trainer, RunProgress progress, String folder)
            throws IOException {
        List<CheckpointFile> files = new ArrayList<>();
        files.add(
                store.write(
                        folder,
                        "training-state.safetensors",
                        FileRole.TRAINING_STATE,
                        EncoderFiles.SAFETENSORS,
                        trainer::save));
        byte[] first = progress.firstBatch();
        int pictures = config.checkpoints().reconstructions();
        if (first != null && pictures > 0) {
            Reconstruction drawn = trainer.reconstruct(decoded(first));
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

    private MaskedBatch decoded(byte[] value) {
        return BatchDecoder.toMaskedBatch(batches.read(value));
    }
}
