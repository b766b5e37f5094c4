package io.kiln.training.run;

import io.kiln.config.InitConfig;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.PreparedBatch;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A run under way, apart from Flink: a trainer, what it has done, and how that is published. */
public final class TrainingRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

    private final KilnConfig config;
    private final Trainer trainer;
    private final RunProgress progress;
    private final RecordDeserializer<SparseBatch> batches;
    private final CheckpointPublisher publisher;

    private TrainingRun(KilnConfig config, Trainer trainer, RunProgress progress) {
        this.config = config;
        this.trainer = trainer;
        this.progress = progress;
        this.batches = new RecordDeserializer<>(Clients.registry(config), SparseBatch.class);
        this.publisher = new CheckpointPublisher(config);
    }

    /**
     * A run at its beginning, with fresh weights or those that training.init names.
     *
     * @throws IOException if those cannot be read
     * @throws io.kiln.model.weights.WeightFileException if they do not fit
     */
    public static TrainingRun begin(KilnConfig config) throws IOException {
        Trainer trainer = new Trainer(ModelSettings.of(config));
        try {
            InitConfig init = config.training().init();
            if (!init.weights().isEmpty()) {
                trainer.importWeights(
                        Path.of(init.weights()),
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
     * A run that goes on from what {@link #snapshot} wrote.
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
     * A batch that can be learnt from at once.
     *
     * @param input as it came
     * @param batch the record
     * @param prepared for the trainer
     */
    public record ReadyBatch(BatchInput input, SparseBatch batch, PreparedBatch prepared) {}

    /**
     * Decodes a batch and makes its index tables: on one thread at a time, beside a step.
     *
     * @throws IllegalStateException naming the record's place, if it is no batch or does not fit
     *     the network
     */
    public ReadyBatch prepare(BatchInput input) {
        SparseBatch batch = decode(input);
        return new ReadyBatch(input, batch, trainer.prepare(masked(input, batch)));
    }

    /**
     * Learns from a batch.
     *
     * @param waited seconds that went by before the batch came
     * @throws IllegalStateException naming the record's place, if it came before
     */
    public TrainingStep step(ReadyBatch ready, double waited) {
        long start = System.nanoTime();
        BatchInput input = ready.input();
        SparseBatch batch = ready.batch();
        progress.saw(input, batch);
        StepResult result = trainer.step(ready.prepared());
        if (result.skipped()) {
            LOG.warn(
                    "batch {} ({}) skipped: loss {}, gradient norm {}",
                    batch.getBatchId(),
                    place(input),
                    result.loss(),
                    result.gradientNorm());
        } else {
            progress.stepped(result.loss(), result.learningRate());
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        String runId = config.training().runId();
        return StepRecords.of(
                runId,
                input,
                batch.getBatchId(),
                batch.getImages().size(),
                result,
                seconds,
                waited);
    }

    private SparseBatch decode(BatchInput input) {
        try {
            return batches.read(input.value());
        } catch (RecordFormatException e) {
            throw new IllegalStateException(
                    place(input) + " is no SparseBatch: " + e.getMessage(), e);
        }
    }

    private MaskedBatch masked(BatchInput input, SparseBatch batch) {
        MaskedBatch masked;
        try {
            masked = BatchDecoder.toMaskedBatch(batch);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(
                    place(input) + " contradicts itself: " + e.getMessage(), e);
        }
        if (!masked.geometry().equals(trainer.settings().geometry())) {
            throw new IllegalStateException(
                    place(input)
                            + " holds images of "
                            + masked.geometry()
                            + ", but input says "
                            + trainer.settings().geometry()
                            + "; the masking job and the training job need the same input section");
        }
        return masked;
    }

    private static String place(BatchInput input) {
        return input.topic() + " partition " + input.partition() + " offset " + input.offset();
    }

    /** Whether checkpoints.everySteps have passed since the last event. */
    public boolean eventIsDue() {
        return trainer.step() - progress.stepOfLastEvent() >= config.checkpoints().everySteps();
    }

    /** Whether anything was learnt since the last event. */
    public boolean hasUnpublishedSteps() {
        return trainer.step() > progress.stepOfLastEvent();
    }

    /**
     * Writes the files of the next version.
     *
     * @param flinkCheckpoint that the event becomes visible with
     */
    public CheckpointEvent publish(long flinkCheckpoint) throws IOException {
        CheckpointEvent event = publisher.publish(trainer, progress, flinkCheckpoint);
        progress.published(trainer.step());
        return event;
    }

    /** Copies everything that the run goes on from. */
    public StateSnapshot snapshot() {
        return OperatorState.snapshot(config, progress, trainer);
    }

    /** Where the run stands, as a step record in which nothing was computed yet. */
    public TrainingStep standing() {
        StepResult none =
                new StepResult(
                        trainer.step(), trainer.samplesSeen(), Double.NaN, 0, 0, Double.NaN, false);
        return StepRecords.of(
                config.training().runId(),
                new BatchInput("", 0, 0, new byte[0]),
                "",
                0,
                none,
                0,
                0);
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
