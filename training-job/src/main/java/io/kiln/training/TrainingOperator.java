package io.kiln.training;

import io.kiln.config.InitConfig;
import io.kiln.config.KilnConfig;
import io.kiln.flink.KafkaSettings;
import io.kiln.model.MaskedBatch;
import io.kiln.model.StepResult;
import io.kiln.model.Trainer;
import io.kiln.model.weights.WeightImport;
import io.kiln.model.weights.WeightNames;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TrainingStep;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.runtime.state.OperatorStateCheckpointOutputStream;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StatePartitionStreamProvider;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Learns: a batch in, one optimiser step, a training step out. A checkpoint event that is due goes
 * out at a barrier, before the snapshot, so that it describes exactly the state of that snapshot;
 * the exactly-once sink shows it to readers only when the snapshot is complete, and so never before
 * the state it describes can be recovered.
 *
 * <p>The state, model and optimiser and all counters, is raw operator state: it is streamed, never
 * held as one array.
 */
final class TrainingOperator extends AbstractStreamOperator<KafkaMessage>
        implements OneInputStreamOperator<BatchInput, KafkaMessage>, BoundedOneInput {
    private static final long serialVersionUID = 1L;
    private static final long AT_THE_END = -1;

    /** Checkpoint events. */
    static final OutputTag<KafkaMessage> CHECKPOINTS =
            new OutputTag<>("checkpoints", KafkaMessageType.INFORMATION);

    private final KilnConfig config;
    private transient @Nullable Work work;

    /** What lives on the task manager only. */
    private static final class Work {
        final Trainer trainer;
        final RunProgress progress;
        final RecordDeserializer<SparseBatch> batches;
        final RecordSerializer<TrainingStep> steps;
        final RecordSerializer<CheckpointEvent> events;
        final CheckpointPublisher publisher;
        @Nullable TrainingMetrics metrics;
        long idleSince = System.nanoTime();

        Work(KilnConfig config, Trainer trainer, RunProgress progress) {
            SchemaRegistry registry = KafkaSettings.registry(config);
            this.trainer = trainer;
            this.progress = progress;
            this.batches = new RecordDeserializer<>(registry, SparseBatch.class);
            this.steps = new RecordSerializer<>(registry);
            this.events = new RecordSerializer<>(registry);
            this.publisher = new CheckpointPublisher(config);
        }
    }

    TrainingOperator(KilnConfig config) {
        this.config = config;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        EngineCheck.requireParentFirst();
        if (config.training().threads() > 0) {
            System.setProperty(
                    "ai.djl.pytorch.num_threads", Integer.toString(config.training().threads()));
        }
        Trainer trainer = new Trainer(ModelSettings.of(config));
        try {
            work = new Work(config, trainer, restored(context, trainer));
        } catch (IOException | RuntimeException e) {
            trainer.close();
            throw e;
        }
    }

    /** Weights that a new run begins with, where the configuration names some. */
    private void initialise(Trainer trainer) throws IOException {
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
    }

    private RunProgress restored(StateInitializationContext context, Trainer trainer)
            throws IOException {
        if (!context.isRestored()) {
            initialise(trainer);
        }
        RunProgress progress = RunProgress.fresh();
        for (StatePartitionStreamProvider provider : context.getRawOperatorStateInputs()) {
            try (InputStream in = provider.getStream()) {
                progress = OperatorState.read(in, ConfigurationHash.of(config), trainer);
                LOG.info("run {} goes on at step {}", config.training().runId(), trainer.step());
            }
        }
        return progress;
    }

    @Override
    public void open() throws Exception {
        super.open();
        Work w = work();
        StepResult none =
                new StepResult(
                        w.trainer.step(),
                        w.trainer.samplesSeen(),
                        Double.NaN,
                        0,
                        0,
                        Double.NaN,
                        false);
        TrainingStep restored =
                StepRecords.of(
                        config.training().runId(),
                        new BatchInput("", 0, 0, new byte[0]),
                        "",
                        0,
                        none,
                        0,
                        0);
        w.metrics = new TrainingMetrics(getMetricGroup(), restored, w.progress.version());
    }

    @Override
    public void processElement(StreamRecord<BatchInput> element) {
        Work w = work();
        BatchInput input = element.getValue();
        long start = System.nanoTime();
        double waited = (start - w.idleSince) / 1e9;
        SparseBatch batch = decode(w, input);
        StepResult result = w.trainer.step(masked(input, batch));
        w.progress.saw(input, batch);
        if (result.skipped()) {
            LOG.warn(
                    "batch {} ({} partition {} offset {}) skipped: loss {}, gradient norm {}",
                    batch.getBatchId(),
                    input.topic(),
                    input.partition(),
                    input.offset(),
                    result.loss(),
                    result.gradientNorm());
        } else {
            w.progress.stepped(result.loss(), result.learningRate());
        }
        w.idleSince = System.nanoTime();
        TrainingStep step =
                StepRecords.of(
                        config.training().runId(),
                        input,
                        batch.getBatchId(),
                        batch.getImages().size(),
                        result,
                        (w.idleSince - start) / 1e9,
                        waited);
        Objects.requireNonNull(w.metrics, "open() comes first").stepped(step);
        byte[] value =
                Objects.requireNonNull(w.steps.serialize(config.topics().trainingSteps(), step));
        output.collect(
                new StreamRecord<>(new KafkaMessage(config.training().runId(), value, Map.of())));
    }

    private static SparseBatch decode(Work w, BatchInput input) {
        try {
            return w.batches.read(input.value());
        } catch (RecordFormatException e) {
            throw new IllegalStateException(
                    place(input) + " is no SparseBatch: " + e.getMessage(), e);
        }
    }

    private MaskedBatch masked(BatchInput input, SparseBatch batch) {
        MaskedBatch masked;
        try {
            masked = Batches.toMaskedBatch(batch);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(
                    place(input) + " contradicts itself: " + e.getMessage(), e);
        }
        if (!masked.geometry().equals(work().trainer.settings().geometry())) {
            throw new IllegalStateException(
                    place(input)
                            + " holds images of "
                            + masked.geometry()
                            + ", but input says "
                            + work().trainer.settings().geometry()
                            + "; the masking job and the training job need the same input section");
        }
        return masked;
    }

    private static String place(BatchInput input) {
        return input.topic() + " partition " + input.partition() + " offset " + input.offset();
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        super.prepareSnapshotPreBarrier(checkpointId);
        Work w = work();
        if (w.trainer.step() - w.progress.stepOfLastEvent() >= config.checkpoints().everySteps()) {
            publish(w, checkpointId);
        }
    }

    /**
     * Bounded input, or a stop with drain: what was learnt since the last event goes out with the
     * last checkpoint.
     */
    @Override
    public void endInput() throws Exception {
        Work w = work();
        if (w.trainer.step() > w.progress.stepOfLastEvent()) {
            publish(w, AT_THE_END);
        }
    }

    private void publish(Work w, long checkpointId) throws IOException {
        CheckpointEvent event = w.publisher.publish(w.trainer, w.progress, checkpointId);
        w.progress.published(w.trainer.step());
        Objects.requireNonNull(w.metrics, "open() comes first").published(event.getVersion());
        byte[] value =
                Objects.requireNonNull(w.events.serialize(config.topics().checkpoints(), event));
        output.collect(
                CHECKPOINTS,
                new StreamRecord<>(
                        new KafkaMessage(event.getModel(), value, CloudEventHeaders.of(event))));
        w.idleSince = System.nanoTime();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        Work w = work();
        OperatorStateCheckpointOutputStream out = context.getRawOperatorStateOutput();
        out.startNewPartition();
        OperatorState.write(out, ConfigurationHash.of(config), w.progress, w.trainer);
    }

    @Override
    public void close() throws Exception {
        if (work != null) {
            work.trainer.close();
        }
        super.close();
    }

    private Work work() {
        return Objects.requireNonNull(work, "initializeState() comes first");
    }
}
