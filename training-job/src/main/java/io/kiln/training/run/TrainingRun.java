package io.kiln.training.run;

import io.kiln.config.InitConfig;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.SiteTables;
import io.kiln.model.training.StepResult;
import io.kiln.model.training.Trainer;
import io.kiln.model.weights.WeightImport;
import io.kiln.model.weights.WeightNames;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.checkpoints.CheckpointPublisher;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.input.BatchInput;
import io.kiln.training.input.TrainerPartitions;
import io.kiln.training.state.ModelSettings;
import io.kiln.training.state.OperatorState;
import io.kiln.training.state.RunProgress;
import io.kiln.training.state.StateSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.DoubleFunction;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A run, apart from Flink: its trainer, its progress, and the versions it publishes. */
public final class TrainingRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

    private final KilnConfig config;
    private final Trainer trainer;
    private final RunProgress progress;
    private final RecordDeserializer<SparseBatch> batches;
    private final CheckpointPublisher publisher;
    private Set<SiteTables.Key> tablesOfLastStep = Set.of();

    private TrainingRun(KilnConfig config, Trainer trainer, RunProgress progress) {
        this.config = config;
        this.trainer = trainer;
        this.progress = progress;
        this.batches = new RecordDeserializer<>(Clients.registry(config), SparseBatch.class);
        this.publisher = new CheckpointPublisher(config);
    }

    /**
     * Begins a run, with fresh weights or those that training.init names.
     *
     * @throws IOException if the weights cannot be read
     * @throws io.kiln.model.weights.WeightFileException if they do not fit the network
     */
    public static TrainingRun begin(KilnConfig config) throws IOException {
        Trainer trainer = new Trainer(ModelSettings.of(config));
        try {
            InitConfig init = config.training().init();
            if (!init.weights().isEmpty()) {
                WeightImport.load(
                        Path.of(init.weights()),
                        trainer.model(),
                        WeightImport.Scope.valueOf(init.scope().name()),
                        WeightNames.valueOf(init.names().name()));
                LOG.info(
                        "run {} begins with the weights of {}",
                        config.training().runId(),
                        init.weights());
            }
            return new TrainingRun(
                    config, trainer, RunProgress.fresh(TrainerPartitions.of(config)));
        } catch (IOException | RuntimeException e) {
            trainer.close();
            throw e;
        }
    }

    /**
     * Restores a run from what {@link #snapshot} wrote.
     *
     * @throws NonRecoverableJobException if the state is another kind's, a later version's or of
     *     another configuration
     * @throws IOException if it cannot be read
     */
    public static TrainingRun restore(KilnConfig config, InputStream state) throws IOException {
        OperatorState.Restored restored = OperatorState.read(state, config);
        LOG.info("run {} goes on at step {}", config.training().runId(), restored.trainer().step());
        return new TrainingRun(config, restored.trainer(), restored.progress());
    }

    /**
     * Plans the preparation of a step. Call this on the task's thread.
     *
     * @return decodes the batch and makes the index tables that the last step needed, on one thread
     *     at a time, also while a step runs. It throws IllegalStateException naming the record's
     *     place if the record is no batch or does not fit the network. What it returns takes the
     *     step, given the seconds that training waited for the batch; that throws
     *     IllegalStateException if the batch came before
     */
    public Supplier<DoubleFunction<TrainingStep>> preparation(BatchInput input) {
        Set<SiteTables.Key> tables = tablesOfLastStep;
        return () -> {
            SparseBatch batch = decode(input);
            MaskedBatch masked = masked(input, batch);
            masked.grid().tables().make(tables);
            return waited -> step(input, batch, masked, waited);
        };
    }

    private TrainingStep step(
            BatchInput input, SparseBatch batch, MaskedBatch masked, double waited) {
        long start = System.nanoTime();
        progress.saw(input, batch);
        StepResult result = trainer.step(masked);
        tablesOfLastStep = masked.grid().tables().made();
        if (result.skipped()) {
            LOG.warn(
                    "batch {} ({}) skipped: loss {}, gradient norm {}",
                    batch.getBatchId(),
                    input.place(),
                    result.loss(),
                    result.gradientNorm());
        } else {
            progress.stepped(result.loss(), result.learningRate());
        }
        return record(input, batch, result, (System.nanoTime() - start) / 1e9, waited);
    }

    private TrainingStep record(
            BatchInput input, SparseBatch batch, StepResult result, double seconds, double waited) {
        int images = batch.getImages().size();
        double all = seconds + waited;
        return new TrainingStep(
                config.training().runId(),
                result.step(),
                result.samplesSeen(),
                batch.getBatchId(),
                input.partition(),
                input.offset(),
                images,
                result.skipped(),
                result.loss(),
                result.learningRate(),
                result.weightDecay(),
                result.gradientNorm(),
                seconds,
                all > 0 ? images / all : 0,
                all > 0 ? waited / all : 0,
                config.model().name());
    }

    private SparseBatch decode(BatchInput input) {
        try {
            return batches.read(input.value());
        } catch (RecordFormatException e) {
            throw new IllegalStateException(
                    input.place() + " is not a SparseBatch: " + e.getMessage(), e);
        }
    }

    private MaskedBatch masked(BatchInput input, SparseBatch batch) {
        MaskedBatch masked;
        try {
            masked = BatchDecoder.toMaskedBatch(batch);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(
                    input.place() + " is inconsistent: " + e.getMessage(), e);
        }
        if (!masked.grid().geometry().equals(trainer.settings().geometry())) {
            throw new IllegalStateException(
                    input.place()
                            + " holds images of "
                            + masked.grid().geometry()
                            + ", but input says "
                            + trainer.settings().geometry()
                            + "; both jobs need the same input section");
        }
        return masked;
    }

    /** Whether checkpoints.everySteps have passed since the last event. */
    public boolean eventIsDue() {
        return trainer.step() - progress.stepOfLastEvent() >= config.checkpoints().everySteps();
    }

    /** Whether any step was taken since the last event. */
    public boolean hasUnpublishedSteps() {
        return trainer.step() > progress.stepOfLastEvent();
    }

    /**
     * Writes the files of the next version.
     *
     * @param flinkCheckpoint id of the Flink checkpoint that commits the event; −1 at the end
     */
    public CheckpointEvent publish(long flinkCheckpoint) throws IOException {
        CheckpointEvent event = publisher.publish(trainer, progress, flinkCheckpoint);
        progress.published(trainer.step());
        return event;
    }

    /** Copies everything that {@link #restore} needs. */
    public StateSnapshot snapshot() {
        return OperatorState.snapshot(config, progress, trainer);
    }

    /** Optimiser steps taken. */
    public long step() {
        return trainer.step();
    }

    /** Images trained on, counting repeats. */
    public long samplesSeen() {
        return trainer.samplesSeen();
    }

    /** What the run has done. */
    public RunProgress progress() {
        return progress;
    }

    /** Version of the last event; 0 before the first. */
    public long version() {
        return progress.version();
    }

    @Override
    public void close() {
        trainer.close();
    }
}
