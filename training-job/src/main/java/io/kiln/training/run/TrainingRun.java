package io.kiln.training.run;

import io.kiln.config.InitConfig;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.JobRecords;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.SiteTables;
import io.kiln.model.training.StepResult;
import io.kiln.model.training.Trainer;
import io.kiln.model.weights.WeightImport;
import io.kiln.model.weights.WeightNames;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.checkpoints.CheckpointPublisher;
import io.kiln.training.checkpoints.SeenByWeights;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.input.BatchInput;
import io.kiln.training.input.TrainerPartitions;
import io.kiln.training.state.BatchMasking;
import io.kiln.training.state.ModelSettings;
import io.kiln.training.state.OperatorState;
import io.kiln.training.state.RunProgress;
import io.kiln.training.state.StateSnapshot;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
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
    private final JobRecords<SparseBatch> batches;
    private final CheckpointPublisher publisher;
    private final SkippedBatches skipped;
    private final TrainingSteps steps;
    private final VersionGate gate;
    private Set<SiteTables.Key> tablesOfLastStep = Set.of();

    private TrainingRun(KilnConfig config, Trainer trainer, RunProgress progress) {
        this.config = config;
        this.trainer = trainer;
        this.progress = progress;
        this.batches = new JobRecords<>(config, SparseBatch.class, config.topics().sparseBatches());
        this.publisher = new CheckpointPublisher(config);
        this.steps = new TrainingSteps(config);
        this.gate = new VersionGate(config, trainer, progress);
        this.skipped = new SkippedBatches(config.training().maxSkippedInARow());
    }

    /**
     * Begins a run, with fresh weights or those that training.init names.
     *
     * @param index number of the trainer, from 0
     * @throws IOException if the weights cannot be read
     * @throws io.kiln.model.weights.WeightFileException if they do not fit the network
     */
    public static TrainingRun begin(KilnConfig config, int index) throws IOException {
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
                    config, trainer, RunProgress.fresh(TrainerPartitions.of(config, index)));
        } catch (IOException | RuntimeException e) {
            trainer.close();
            throw e;
        }
    }

    /**
     * Restores a run from what {@link #snapshot} wrote, and leaves the stream behind it.
     *
     * @param index number of the trainer, from 0
     * @throws NonRecoverableJobException if the state is another kind's, a later version's or of
     *     another configuration
     * @throws IOException if it cannot be read
     */
    public static TrainingRun restore(KilnConfig config, DataInputStream state, int index)
            throws IOException {
        OperatorState.Restored restored = OperatorState.read(state, config, index);
        LOG.info(
                "run {} continues at step {}",
                config.training().runId(),
                restored.trainer().step());
        return new TrainingRun(config, restored.trainer(), restored.progress());
    }

    /**
     * Plans the preparation of a step. Call this on the task's thread.
     *
     * @return decodes the batch and makes the index tables that the last step needed, on one thread
     *     at a time, also while a step runs. It throws NonRecoverableJobException if the batch was
     *     made with other settings. What it returns takes the step, or skips the record if it is no
     *     batch, given the seconds that training waited for it; that throws IllegalStateException
     *     if the batch came before, and NonRecoverableJobException if too many in a row could not
     *     be trained on
     */
    public Supplier<DoubleFunction<TrainingStep>> preparation(BatchInput input) {
        Set<SiteTables.Key> tables = tablesOfLastStep;
        return () -> {
            SparseBatch batch;
            MaskedBatch masked;
            try {
                batch = decode(input);
                BatchFit.require(batch, input.place(), config);
                masked = masked(batch);
            } catch (RecordFormatException e) {
                return waited -> passOver(input, String.valueOf(e.getMessage()), waited);
            }
            masked.grid().tables().make(tables);
            return waited -> step(input, batch, masked, waited);
        };
    }

    /** Skips a record that is no batch: a step says so, and no weight changes. */
    private TrainingStep passOver(BatchInput input, String reason, double waited) {
        ForeignRecords.passedOver(input.topic(), input.partition(), input.offset(), reason);
        TrainingStep step =
                steps.foreign(
                        input,
                        reason,
                        trainer.step(),
                        trainer.samplesSeen(),
                        progress.learningRate(),
                        waited);
        skipped.passOver(input, step, progress);
        return step;
    }

    private TrainingStep step(
            BatchInput input, SparseBatch batch, MaskedBatch masked, double waited) {
        long start = System.nanoTime();
        progress.requireNew(input);
        StepResult result = trainer.step(masked);
        tablesOfLastStep = masked.grid().tables().made();
        double seconds = (System.nanoTime() - start) / 1e9;
        TrainingStep step = steps.of(input, batch, result, seconds, waited);
        if (result.skipped()) {
            skipped.hold(input, step, progress);
        } else {
            settle();
            noteMasking(BatchMasking.of(batch), input);
            progress.saw(input, batch);
            if (trainer.settings().architecture().family().usesBatchNorm()) {
                progress.last(input.value());
            }
            progress.stepped(result.loss(), result.learningRate());
            skipped.goesOn(step);
        }
        return step;
    }

    /** What was skipped last is skipped for good, though nothing has come since. */
    public void settle() {
        skipped.settle(progress, this::decode);
    }

    /** Takes the steps that are settled since the last call, in their order. */
    public List<TrainingStep> settled() {
        return skipped.settled();
    }

    /** Batches in a row, the last one among them, that could not be trained on. */
    public int skippedInARow() {
        return skipped.inARow();
    }

    /** Loss of an annealing branch's step beside the last step; empty if there was none. */
    public OptionalDouble annealingLoss() {
        return trainer.annealingLoss();
    }

    private void noteMasking(BatchMasking found, BatchInput input) {
        BatchMasking before = progress.masking(config);
        if (!found.equals(before)) {
            LOG.warn(
                    "from {} on batches have {}, before {}; the run's state and events record it"
                            + " (training.otherMasking=take)",
                    input.place(),
                    found,
                    before);
            progress.masking(found);
        }
    }

    private SparseBatch decode(BatchInput input) {
        return batches.read(input.value().length == 0 ? null : input.value());
    }

    private static MaskedBatch masked(SparseBatch batch) {
        try {
            return BatchDecoder.toMaskedBatch(batch);
        } catch (IllegalArgumentException e) {
            throw new RecordFormatException("the batch is inconsistent: " + e.getMessage(), e);
        }
    }

    /** Whether a version is to be published at the next barrier. */
    public boolean eventIsDue() {
        return gate.eventIsDue();
    }

    /** Whether any step was taken since the last event. */
    public boolean hasUnpublishedSteps() {
        return gate.hasUnpublishedSteps();
    }

    /**
     * Whether a version may be published now: if the state is finite, and the loss is one of a
     * network that learns. If not, says so in the log, and a later barrier asks again.
     */
    public boolean mayPublish() {
        return gate.mayPublish();
    }

    /**
     * Writes the files of the next version.
     *
     * @param flinkCheckpoint id of the Flink checkpoint that commits the event; −1 at the end
     */
    public CheckpointEvent publish(long flinkCheckpoint) throws IOException {
        return publish(flinkCheckpoint, SeenByWeights.of(trainer, progress));
    }

    /**
     * The same for weights that other trainers have changed too.
     *
     * @param seen what all of them have been trained on
     */
    public CheckpointEvent publish(long flinkCheckpoint, SeenByWeights seen) throws IOException {
        CheckpointEvent event = publisher.publish(trainer, progress, seen, flinkCheckpoint);
        progress.published(trainer.step());
        trainer.discardAnnealed();
        return event;
    }

    /** Copies everything that {@link #restore} needs. */
    public StateSnapshot snapshot() {
        return OperatorState.snapshot(config, progress, trainer);
    }

    /** The network in training. */
    public Trainer trainer() {
        return trainer;
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
