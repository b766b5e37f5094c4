package io.kiln.training.job;

import static io.kiln.kafka.Opened.opened;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.JobRecords;
import io.kiln.kafka.RunClaim;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.Update;
import io.kiln.training.checkpoints.CommittedEvents;
import io.kiln.training.checkpoints.Retention;
import io.kiln.training.input.BatchInput;
import io.kiln.training.rounds.LogicalTrainer;
import io.kiln.training.rounds.UpdateSweep;
import io.kiln.training.run.RunFence;
import io.kiln.training.state.AsyncStateWriter;
import io.kiln.training.state.StateSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.operators.MailboxExecutor;
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
import org.jspecify.annotations.Nullable;

/**
 * Learns with some of several trainers. Its input tells what the trainers of all subtasks have
 * changed. The batches it reads itself: only it knows which of its trainers can use one, and how
 * far each was when its state was written. So a trainer that waits for the others holds up neither
 * the trainers beside it nor a barrier.
 *
 * <p>Each turn is a mail of the task: one step, or one end of a round, of one trainer. The state of
 * a trainer is named by its number, so that any subtask can go on with it.
 */
final class TrainersOperator extends AbstractStreamOperator<TrainerOutput>
        implements OneInputStreamOperator<BatchInput, TrainerOutput>, BoundedOneInput {
    private static final long serialVersionUID = 1L;
    private static final long MILLIS_BETWEEN_LOOKS = 50;
    private static final long MILLIS_BETWEEN_MESSAGES = 30_000;

    private final KilnConfig config;
    private final String submission;
    private final AtomicBoolean turnIsDue = new AtomicBoolean();
    private transient List<LogicalTrainer> trainers = List.of();
    private transient @Nullable JobRecords<Update> announcements;
    private transient @Nullable TrainerTurns turns;
    private transient @Nullable MailboxExecutor mailbox;
    private transient @Nullable RunClaim claim;
    private transient @Nullable Retention retention;
    private transient @Nullable UpdateSweep sweep;
    private transient double secondsToStart;
    private transient boolean ended;

    /**
     * @param submission identity of the job
     */
    TrainersOperator(KilnConfig config, String submission) {
        this.config = config;
        this.submission = submission;
    }

    /** Waits until {@link RunGate} has claimed the run. */
    @Override
    protected void setup(
            StreamTask<?, ?> task, StreamConfig own, Output<StreamRecord<TrainerOutput>> output) {
        super.setup(task, own, output);
        RunClaim ofJob = RunFence.claim(config, submission);
        claim = ofJob;
        while (!ofJob.decidedOwners().isOwner(submission)) {
            try {
                Thread.sleep(MILLIS_BETWEEN_LOOKS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("cancelled before the run was claimed", e);
            }
        }
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        EngineSetup.prepare(config.training().threads());
        long start = System.nanoTime();
        trainers = new ArrayList<>();
        KilnConfig onDevice = TaskDevice.assigned(config, getRuntimeContext());
        TrainerStates states =
                new TrainerStates(
                        onDevice,
                        submission,
                        getContainingTask().getEnvironment(),
                        getOperatorID());
        int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        int subtasks = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
        for (int i = subtask; i < config.topics().trainers(); i += subtasks) {
            trainers.add(states.trainer(i));
        }
        secondsToStart = (System.nanoTime() - start) / 1e9;
        MachineMetrics.register(getMetricGroup(), onDevice);
    }

    @Override
    public void open() throws Exception {
        super.open();
        announcements = new JobRecords<>(config, Update.class, config.topics().updates());
        if (trainers.stream().anyMatch(trainer -> trainer.index() == 0)) {
            retention =
                    new Retention(
                            config,
                            RunStart.retainedCheckpoints(getContainingTask()),
                            () -> new CommittedEvents(config));
            sweep = new UpdateSweep(config, RunStart.retainedCheckpoints(getContainingTask()));
        }
        mailbox =
                getContainingTask()
                        .getMailboxExecutorFactory()
                        .createExecutor(getOperatorConfig().getChainIndex());
        turns =
                new TrainerTurns(
                        config,
                        trainers,
                        getMetricGroup(),
                        secondsToStart,
                        opened(claim),
                        out -> output.collect(new StreamRecord<>(out)),
                        this::wantTurn);
        watchStalls();
        wantTurn();
    }

    private void watchStalls() {
        ProcessingTimeService time = getProcessingTimeService();
        time.registerTimer(
                time.getCurrentProcessingTime() + MILLIS_BETWEEN_MESSAGES,
                now -> {
                    opened(turns).tellStalls();
                    watchStalls();
                });
    }

    /** What a trainer has changed, perhaps of another run. */
    @Override
    public void processElement(StreamRecord<BatchInput> element) {
        BatchInput record = element.getValue();
        Update update;
        try {
            update = opened(announcements).read(record.value());
        } catch (RecordFormatException e) {
            ForeignRecords.passedOver(
                    record.topic(),
                    record.partition(),
                    record.offset(),
                    String.valueOf(e.getMessage()));
            return;
        }
        if (update.getRunId().equals(config.training().runId())
                && update.getModel().equals(config.model().name())) {
            trainers.forEach(trainer -> trainer.learnOf(update));
            wantTurn();
        }
    }

    /** Takes a turn soon, on the task's thread; may be called on any. */
    private void wantTurn() {
        if (turnIsDue.compareAndSet(false, true)) {
            try {
                opened(mailbox).execute(this::turn, "a turn of a trainer");
            } catch (RejectedExecutionException e) {
                LOG.debug("the task has ended", e);
            }
        }
    }

    private void turn() throws IOException, InterruptedException {
        turnIsDue.set(false);
        if (!ended && opened(turns).take()) {
            wantTurn();
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        super.prepareSnapshotPreBarrier(checkpointId);
        if (ended) {
            return; // a last checkpoint follows the end, after which sinks take no more
        }
        opened(turns).emitEvents(checkpointId);
        if (retention != null) {
            retention
                    .due(trainers.get(0).run().progress())
                    .forEach(retired -> opened(turns).emitRetired(retired));
        }
    }

    /** A stop with drain: rounds that are not over stay in the state. */
    @Override
    public void endInput() {
        opened(turns).emitEvents();
        ended = true;
    }

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
        Map<String, StateSnapshot> states = new HashMap<>();
        for (LogicalTrainer trainer : trainers) {
            StateSnapshot state = trainer.snapshot();
            states.put(TrainerStates.name(trainer.index()), state);
            opened(turns).measured(trainer).copied(state.bytes(), System.nanoTime() - start);
        }
        futures.setOperatorStateRawFuture(
                AsyncStateWriter.ofShared(
                        states,
                        streams,
                        getContainingTask().getCancelables(),
                        nanos -> trainers.forEach(t -> opened(turns).measured(t).written(nanos))));
        return futures;
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        super.notifyCheckpointComplete(checkpointId);
        if (retention != null) {
            retention.committed();
            opened(sweep).completed();
        }
        opened(turns).completed();
    }

    /** Throws nothing: Flink ends the task manager if the cleanup of a failed task throws. */
    @Override
    public void close() throws Exception {
        IOUtils.closeAllQuietly(turns, retention, sweep, claim);
        IOUtils.closeAllQuietly(trainers);
        super.close();
    }
}
