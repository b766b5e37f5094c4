package io.kiln.training.job;

import static io.kiln.kafka.Opened.opened;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.RunClaim;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.checkpoints.CommittedEvents;
import io.kiln.training.checkpoints.Retention;
import io.kiln.training.input.BatchInput;
import io.kiln.training.input.RoundRobin;
import io.kiln.training.run.RunFence;
import io.kiln.training.run.TrainingRun;
import io.kiln.training.state.AsyncStateWriter;
import io.kiln.training.state.StateSnapshot;
import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.function.DoubleFunction;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.graph.StreamConfig;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.OperatorSnapshotFutures;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.streaming.runtime.tasks.StreamTask;
import org.apache.flink.util.IOUtils;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Learns: a batch in, one optimiser step, a training step out. While a step runs, the batch after
 * it is decoded and indexed ({@link Prefetcher}). So a batch is trained on when the next one has
 * come, when none has come for two milliseconds, or when a barrier comes.
 *
 * <p>A checkpoint event that is due goes out at a barrier, before the snapshot, so that it
 * describes exactly the state of that snapshot. The exactly-once sink shows it to readers when the
 * snapshot is complete, and so never before the state it describes can be recovered.
 *
 * <p>The state (model, optimiser and all counters) is raw operator state. Training stands still
 * while it is copied in the engine's memory; the copy is written beside the next steps.
 */
final class TrainingOperator extends AbstractStreamOperator<KafkaMessage>
        implements OneInputStreamOperator<BatchInput, KafkaMessage>, BoundedOneInput {
    private static final long serialVersionUID = 1L;
    private static final long NO_CHECKPOINT_ID = -1;

    /** After how long without a next batch the last one is trained on. */
    private static final long IDLE_TIMEOUT_MILLIS = 2;

    /** Checkpoint events. */
    static final OutputTag<KafkaMessage> CHECKPOINTS =
            new OutputTag<>("checkpoints", KafkaMessageType.INFORMATION);

    private final KilnConfig config;
    private final String submission = RunClaim.newSubmission();
    private transient @Nullable TrainingRun run;
    private transient @Nullable RunFence fence;
    private transient @Nullable TrainingMetrics metrics;
    private transient @Nullable KafkaMessages messages;
    private transient @Nullable Retention retention;
    private transient @Nullable Prefetcher<BatchInput, DoubleFunction<TrainingStep>> prefetcher;
    private transient @Nullable ScheduledFuture<?> idleTimer;
    private transient long idleSince;
    private transient double secondsToStart;
    private transient boolean ended;

    TrainingOperator(KilnConfig config) {
        this.config = config;
    }

    /** Comes before the state of any operator of the chain, sinks included, is initialised. */
    @Override
    protected void setup(
            StreamTask<?, ?> task, StreamConfig own, Output<StreamRecord<KafkaMessage>> output) {
        super.setup(task, own, output);
        long checkpoint =
                task.getEnvironment().getTaskStateManager().getRestoreCheckpointId().orElse(0L);
        RunStart start = new RunStart(config);
        fence =
                RunFence.take(
                        config,
                        submission,
                        checkpoint,
                        start.restoredProgress(task, getOperatorID())
                                .map(progress -> RunFence.Position.of(config, progress))
                                .orElseGet(() -> RunFence.Position.begin(config)));
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        EngineSetup.prepare(config.training().threads());
        long start = System.nanoTime();
        KilnConfig onDevice = TaskDevice.assigned(config, getRuntimeContext());
        run = new RunStart(onDevice).run(context);
        MachineMetrics.register(getMetricGroup(), onDevice);
        secondsToStart = (System.nanoTime() - start) / 1e9;
    }

    @Override
    public void open() throws Exception {
        super.open();
        messages = new KafkaMessages(config);
        metrics = new TrainingMetrics(getMetricGroup(), config, true, opened(run), secondsToStart);
        prefetcher = new Prefetcher<>(opened(run)::preparation);
        retention =
                new Retention(
                        config,
                        RunStart.retainedCheckpoints(getContainingTask()),
                        () -> new CommittedEvents(config));
        idleSince = System.nanoTime();
        if (opened(run).progress().order().waiting() > 0) { // some may be next
            ProcessingTimeService time = getProcessingTimeService();
            time.registerTimer(time.getCurrentProcessingTime(), now -> trainWaiting());
        }
    }

    @Override
    public void processElement(StreamRecord<BatchInput> element) throws InterruptedException {
        opened(run).progress().order().add(element.getValue());
        trainWaiting();
    }

    private void trainWaiting() throws InterruptedException {
        if (idleTimer != null) {
            idleTimer.cancel(false);
        }
        RoundRobin order = opened(run).progress().order();
        for (BatchInput batch = order.next(); batch != null; batch = order.next()) {
            train(opened(prefetcher).put(batch));
        }
        opened(metrics).waiting(order);
        ProcessingTimeService time = getProcessingTimeService();
        idleTimer =
                time.registerTimer(
                        time.getCurrentProcessingTime() + IDLE_TIMEOUT_MILLIS,
                        now -> train(opened(prefetcher).take()));
    }

    private void train(@Nullable Future<DoubleFunction<TrainingStep>> next)
            throws InterruptedException {
        if (next == null) {
            return;
        }
        DoubleFunction<TrainingStep> prepared = Prefetcher.await(next);
        TrainingStep step = prepared.apply((System.nanoTime() - idleSince) / 1e9);
        opened(metrics).stepped(step, opened(run).skippedInARow());
        if (!step.getSkipped()) {
            opened(metrics).annealed(opened(run).annealingLoss());
        }
        idleSince = System.nanoTime();
        collectSettled();
    }

    private void collectSettled() {
        for (TrainingStep settled : opened(run).settled()) {
            output.collect(opened(messages).record(settled));
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        super.prepareSnapshotPreBarrier(checkpointId);
        train(opened(prefetcher).take()); // it has left the source, and is in no state
        opened(fence).require();
        if (ended) {
            return; // a last checkpoint follows the end, after which sinks take no more
        }
        if (opened(run).eventIsDue()) {
            publish(checkpointId);
        }
        for (CheckpointEvent retired : opened(retention).due(opened(run).progress())) {
            output.collect(CHECKPOINTS, opened(messages).record(retired));
        }
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        super.notifyCheckpointComplete(checkpointId);
        opened(fence).published();
        opened(retention).committed();
    }

    /**
     * Bounded input, or a stop with drain: batches that wait for another partition are trained on
     * now, and what was learnt since the last event goes out with the last checkpoint.
     */
    @Override
    public void endInput() throws Exception {
        RoundRobin order = opened(run).progress().order();
        for (BatchInput batch = order.nextAfterTheEnd();
                batch != null;
                batch = order.nextAfterTheEnd()) {
            train(opened(prefetcher).put(batch));
        }
        train(opened(prefetcher).take());
        opened(run).settle();
        collectSettled();
        if (opened(run).hasUnpublishedSteps()) {
            publish(NO_CHECKPOINT_ID);
        }
        ended = true;
    }

    private void publish(long checkpointId) throws IOException {
        if (!opened(run).mayPublish()) {
            opened(metrics).withheld();
            return;
        }
        long start = System.nanoTime();
        CheckpointEvent event = opened(run).publish(checkpointId);
        opened(metrics).published(event.getVersion(), System.nanoTime() - start);
        output.collect(CHECKPOINTS, opened(messages).record(event));
        idleSince = System.nanoTime();
    }

    /**
     * Copies the state. Flink has the copy written while training goes on, and counts the
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
        long start = System.nanoTime();
        StateSnapshot state = opened(run).snapshot();
        opened(metrics).copied(state.bytes(), System.nanoTime() - start);
        futures.setOperatorStateRawFuture(
                AsyncStateWriter.of(
                        state,
                        streams,
                        getContainingTask().getCancelables(),
                        opened(metrics)::written));
        return futures;
    }

    /** Throws nothing: Flink ends the task manager if the cleanup of a failed task throws. */
    @Override
    public void close() throws Exception {
        IOUtils.closeAllQuietly(prefetcher, retention, fence, run);
        super.close();
    }
}
