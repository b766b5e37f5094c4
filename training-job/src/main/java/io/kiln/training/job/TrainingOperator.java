package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.torch.EngineThread;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.checkpoints.CommittedEvents;
import io.kiln.training.checkpoints.Retention;
import io.kiln.training.input.BatchInput;
import io.kiln.training.input.RoundRobin;
import io.kiln.training.run.RunFence;
import io.kiln.training.run.TrainingRun;
import io.kiln.training.run.TrainingRun.ReadyBatch;
import io.kiln.training.state.AsyncStateWriter;
import io.kiln.training.state.StateSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StatePartitionStreamProvider;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.OperatorSnapshotFutures;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Learns: a batch in, one optimiser step, a training step out. While a step runs, the batch after
 * it is decoded and its index tables are made ({@link Prefetcher}); so a batch is trained on when
 * the next one has come, or none has for two milliseconds, or a barrier has. A checkpoint event
 * that is due goes out at a barrier, before the snapshot, so that it describes exactly the state of
 * that snapshot; the exactly-once sink shows it to readers only when the snapshot is complete, and
 * so never before the state it describes can be recovered.
 *
 * <p>The state, model and optimiser and all counters, is raw operator state: training stands still
 * for a copy in the engine's memory, which is streamed beside the next steps.
 */
final class TrainingOperator extends AbstractStreamOperator<KafkaMessage>
        implements OneInputStreamOperator<BatchInput, KafkaMessage>, BoundedOneInput {
    private static final long serialVersionUID = 1L;
    private static final long AT_THE_END = -1;

    /**
     * How long the last batch waits for another, beside whose preparation it would be trained on.
     */
    private static final long PATIENCE_MILLIS = 2;

    /** Checkpoint events. */
    static final OutputTag<KafkaMessage> CHECKPOINTS =
            new OutputTag<>("checkpoints", KafkaMessageType.INFORMATION);

    private final KilnConfig config;
    private final RunFence.Source claims;
    private transient @Nullable TrainingRun run;
    private transient @Nullable RunFence claim;
    private transient @Nullable TrainingMetrics metrics;
    private transient @Nullable RecordSerializer<TrainingStep> steps;
    private transient @Nullable RecordSerializer<CheckpointEvent> events;
    private transient @Nullable Retention retention;
    private transient @Nullable Prefetcher ahead;
    private transient @Nullable ScheduledFuture<?> timer;
    private transient long idleSince;
    private transient double secondsToStart;
    private transient boolean ended;

    TrainingOperator(KilnConfig config, RunFence.Source claims) {
        this.config = config;
        this.claims = claims;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        EngineCheck.requireParentFirst();
        EngineThread.spreadOver(config.training().threads());
        long start = System.nanoTime();
        run = context.isRestored() ? restored(context) : TrainingRun.begin(config);
        claim = claims.take(config, run.progress());
        secondsToStart = (System.nanoTime() - start) / 1e9;
    }

    private TrainingRun restored(StateInitializationContext context) throws IOException {
        Iterator<StatePartitionStreamProvider> states =
                context.getRawOperatorStateInputs().iterator();
        if (!states.hasNext()) {
            throw new NonRecoverableJobException(
                    "the restored checkpoint holds no training state: it is another job's. Start without it, under another"
                            + " training.runId, or restore the right one");
        }
        try (InputStream in = states.next().getStream()) {
            return TrainingRun.restore(config, in);
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        SchemaRegistry registry = Clients.registry(config);
        steps = new RecordSerializer<>(registry);
        events = new RecordSerializer<>(registry);
        metrics =
                new TrainingMetrics(
                        getMetricGroup(), run().standing(), run().version(), secondsToStart);
        ahead = new Prefetcher(run()::prepare);
        retention = new Retention(config, retainedCheckpoints(), () -> new CommittedEvents(config));
        idleSince = System.nanoTime();
    }

    private int retainedCheckpoints() {
        return getContainingTask()
                .getEnvironment()
                .getTaskManagerInfo()
                .getConfiguration()
                .get(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS);
    }

    @Override
    public void processElement(StreamRecord<BatchInput> element) throws InterruptedException {
        if (timer != null) {
            timer.cancel(false);
        }
        RoundRobin turns = run().progress().turns();
        turns.add(element.getValue());
        for (BatchInput batch = turns.next(); batch != null; batch = turns.next()) {
            train(ahead().put(batch));
        }
        Objects.requireNonNull(metrics, "open() comes first").waiting(turns);
        ProcessingTimeService time = getProcessingTimeService();
        timer =
                time.registerTimer(
                        time.getCurrentProcessingTime() + PATIENCE_MILLIS,
                        now -> train(ahead().take()));
    }

    private void train(@Nullable Future<ReadyBatch> next) throws InterruptedException {
        if (next == null) {
            return;
        }
        ReadyBatch batch = Prefetcher.await(next);
        TrainingStep step = run().step(batch, (System.nanoTime() - idleSince) / 1e9);
        Objects.requireNonNull(metrics, "open() comes first").stepped(step);
        byte[] value =
                Objects.requireNonNull(
                        Objects.requireNonNull(steps)
                                .serialize(config.topics().trainingSteps(), step));
        idleSince = System.nanoTime();
        output.collect(new StreamRecord<>(new KafkaMessage(step.getRunId(), value, Map.of())));
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        super.prepareSnapshotPreBarrier(checkpointId);
        train(ahead().take()); // it has left the source, and is in no state
        claim().require(run().progress());
        if (ended) {
            return; // a last checkpoint follows the end, after which sinks take no more
        }
        if (run().eventIsDue()) {
            publish(checkpointId);
        }
        for (CheckpointEvent retired : retention().due(run().progress())) {
            emit(retired);
        }
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        super.notifyCheckpointComplete(checkpointId);
        claim().published();
        retention().committed();
    }

    /**
     * Bounded input, or a stop with drain: batches that wait for their turn have it now, and what
     * was learnt since the last event goes out with the last checkpoint.
     */
    @Override
    public void endInput() throws Exception {
        RoundRobin turns = run().progress().turns();
        for (BatchInput batch = turns.nextAfterTheEnd();
                batch != null;
                batch = turns.nextAfterTheEnd()) {
            train(ahead().put(batch));
        }
        train(ahead().take());
        if (run().hasUnpublishedSteps()) {
            publish(AT_THE_END);
        }
        ended = true;
    }

    private void publish(long checkpointId) throws IOException {
        long start = System.nanoTime();
        CheckpointEvent event = run().publish(checkpointId);
        Objects.requireNonNull(metrics, "open() comes first")
                .published(event.getVersion(), System.nanoTime() - start);
        emit(event);
        idleSince = System.nanoTime();
    }

    private void emit(CheckpointEvent event) {
        byte[] value =
                Objects.requireNonNull(
                        Objects.requireNonNull(events)
                                .serialize(config.topics().checkpoints(), event));
        output.collect(
                CHECKPOINTS,
                new StreamRecord<>(
                        new KafkaMessage(event.getModel(), value, CloudEventHeaders.of(event).toMap())));
    }

    /**
     * Copies the state; Flink has the copy written while training goes on, and counts the
     * checkpoint as complete when it is.
     */
    @Override
    public OperatorSnapshotFutures snapshotState(
            long checkpointId,
            long timestamp,
            CheckpointOptions options,
            CheckpointStreamFactory streams)
            throws Exception {
        OperatorSnapshotFutures futures =
                super.snapshotState(checkpointId, timestamp, options, streams);
        TrainingMetrics measured = Objects.requireNonNull(metrics, "open() comes first");
        long start = System.nanoTime();
        StateSnapshot state = run().snapshot();
        measured.copied(state.bytes(), System.nanoTime() - start);
        futures.setOperatorStateRawFuture(
                AsyncStateWriter.of(
                        state, streams, getContainingTask().getCancelables(), measured::written));
        return futures;
    }

    @Override
    public void close() throws Exception {
        if (ahead != null) {
            ahead.close();
        }
        if (retention != null) {
            retention.close();
        }
        if (claim != null) {
            claim.close();
        }
        if (run != null) {
            run.close();
        }
        super.close();
    }

    private TrainingRun run() {
        return Objects.requireNonNull(run, "initializeState() comes first");
    }

    private Prefetcher ahead() {
        return Objects.requireNonNull(ahead, "open() comes first");
    }

    private Retention retention() {
        return Objects.requireNonNull(retention, "open() comes first");
    }

    private RunFence claim() {
        return Objects.requireNonNull(claim, "initializeState() comes first");
    }
}
