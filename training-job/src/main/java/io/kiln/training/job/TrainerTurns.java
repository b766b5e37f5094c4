package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.GaplessConsumer;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.RunClaim;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TrainingStep;
import io.kiln.schemas.Update;
import io.kiln.training.checkpoints.SeenByWeights;
import io.kiln.training.input.BatchInput;
import io.kiln.training.input.RoundRobin;
import io.kiln.training.rounds.LogicalTrainer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.util.IOUtils;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The trainers of a subtask, which take turns: one step, or one end of a round, at a time. Which of
 * them goes on first changes nothing. Belongs to the task's thread.
 */
final class TrainerTurns implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainerTurns.class);
    private static final long NO_CHECKPOINT_ID = -1;
    private static final Duration STALLED = Duration.ofMinutes(1);

    private final KilnConfig config;
    private final List<LogicalTrainer> trainers;
    private final RunClaim claim;
    private final Consumer<TrainerOutput> output;
    private final Map<LogicalTrainer, TrainingMetrics> metrics = new HashMap<>();
    private final Map<LogicalTrainer, RoundMetrics> rounds = new HashMap<>();
    private final List<CheckpointEvent> events = new ArrayList<>();
    private final KafkaMessages messages;
    private final UpdateProducer producer;
    private final GaplessConsumer batches;
    private int next;
    private long idleSince = System.nanoTime();

    /**
     * @param trainers of the subtask, one at least; not closed here
     * @param secondsToStart that building and loading them took
     * @param claim on the run, which this job has
     * @param output takes steps and events
     * @param arrived called, on any thread, when a turn may be possible
     */
    TrainerTurns(
            KilnConfig config,
            List<LogicalTrainer> trainers,
            MetricGroup group,
            double secondsToStart,
            RunClaim claim,
            Consumer<TrainerOutput> output,
            Runnable arrived) {
        this.config = config;
        this.trainers = List.copyOf(trainers);
        this.claim = claim;
        this.output = output;
        this.messages = new KafkaMessages(config);
        this.producer = new UpdateProducer(config);
        this.batches =
                new GaplessConsumer(
                        config,
                        config.topics().sparseBatches(),
                        nextOffsets(),
                        KilnJob.TRAINING.group(config),
                        arrived,
                        RoundsJob.BEGIN_ANEW);
        for (LogicalTrainer trainer : trainers) {
            MetricGroup own = group.addGroup("trainer", Integer.toString(trainer.index()));
            rounds.put(
                    trainer, new RoundMetrics(own, trainer.round(), () -> pendingRecords(trainer)));
            metrics.put(
                    trainer,
                    new TrainingMetrics(
                            own, config, trainer.index() == 0, trainer.run(), secondsToStart));
        }
    }

    private long pendingRecords(LogicalTrainer trainer) {
        return trainer.partitions().stream().mapToLong(batches::pendingRecords).sum();
    }

    /** The batch after the last that was trained on or waits; −1 before the first. */
    private Map<TopicPartition, Long> nextOffsets() {
        String topic = config.topics().sparseBatches();
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (LogicalTrainer trainer : trainers) {
            for (int partition : trainer.partitions()) {
                long last = trainer.lastTaken(topic, partition);
                offsets.put(new TopicPartition(topic, partition), last < 0 ? -1 : last + 1);
            }
        }
        return offsets;
    }

    /**
     * The first trainer that can go on does so, beginning with the one after the last.
     *
     * @return whether one did
     */
    boolean take() throws IOException, InterruptedException {
        for (int i = 0; i < trainers.size(); i++) {
            int turn = (next + i) % trainers.size();
            if (goesOn(trainers.get(turn))) {
                next = (turn + 1) % trainers.size();
                return true;
            }
        }
        return false;
    }

    /** Says in the log which trainers have not gone on for a minute, and what they wait for. */
    void tellStalls() {
        rounds.forEach(
                (trainer, round) -> {
                    if (round.isStalledFor(STALLED)) {
                        LOG.warn(
                                "trainer {} of run {} has waited since {} in round {} for {}",
                                trainer.index(),
                                config.training().runId(),
                                round.lastTurn(),
                                trainer.round(),
                                awaited(trainer));
                    }
                });
    }

    private String awaited(LogicalTrainer trainer) {
        return trainer.isRoundOver()
                ? "what trainers " + trainer.waitsFor() + " have changed"
                : "a batch of "
                        + config.topics().sparseBatches()
                        + " partition "
                        + trainer.run().progress().order().nextPartition();
    }

    private boolean goesOn(LogicalTrainer trainer) throws IOException, InterruptedException {
        if (trainer.owesAnnouncement()) {
            announce(trainer);
            return true;
        }
        if (trainer.canFinish()) {
            finish(trainer.round());
            return true;
        }
        if (trainer.isRoundOver()) {
            ofRounds(trainer).waits(trainer.waitsFor());
            return false;
        }
        RoundRobin order = trainer.run().progress().order();
        BatchInput batch = nextBatch(order);
        measured(trainer).waiting(order);
        if (batch != null) {
            train(trainer, batch);
        }
        return batch != null;
    }

    private void announce(LogicalTrainer trainer) throws IOException, InterruptedException {
        claim.require();
        Update change = trainer.change();
        if (change != null) {
            producer.send(change);
            ofRounds(trainer).announced(change);
        }
        ofRounds(trainer).wentOn();
    }

    /** Takes the batch that is next in the trainer's order from the state or the reader. */
    private @Nullable BatchInput nextBatch(RoundRobin order) {
        BatchInput waiting = order.next();
        if (waiting != null) {
            return waiting;
        }
        ConsumerRecord<byte[], byte[]> record = batches.poll(order.nextPartition());
        if (record == null) {
            return null;
        }
        order.add(BatchInput.of(record));
        return order.next();
    }

    private void train(LogicalTrainer trainer, BatchInput batch) {
        double waited = (System.nanoTime() - idleSince) / 1e9;
        TrainingStep step = trainer.run().preparation(batch).get().apply(waited);
        measured(trainer).stepped(step, trainer.run().skippedInARow());
        ofRounds(trainer).wentOn();
        idleSince = System.nanoTime();
        for (TrainingStep settled : trainer.run().settled()) {
            output.accept(
                    TrainerOutput.step(
                            settled.getBatchPartition(),
                            settled.getBatchOffset(),
                            messages.record(settled).getValue()));
        }
    }

    /** All of the subtask's trainers that can finish a round do so together. */
    private void finish(long number) throws IOException {
        Instant begun = Instant.now();
        List<LogicalTrainer> together =
                trainers.stream()
                        .filter(trainer -> trainer.round() == number && trainer.canFinish())
                        .toList();
        LogicalTrainer.Finished finished = LogicalTrainer.finish(together);
        ofRounds(together.get(0)).read(finished.bytes());
        for (LogicalTrainer trainer : together) {
            ofRounds(trainer).begins(trainer.round(), begun);
            if (trainer.index() == 0 && trainer.run().eventIsDue()) {
                publish(trainer, finished.seen());
            }
            ofRounds(trainer).wentOn();
        }
        idleSince = System.nanoTime();
    }

    private void publish(LogicalTrainer trainer, SeenByWeights seen) throws IOException {
        if (!trainer.run().mayPublish()) {
            measured(trainer).withheld();
            return;
        }
        long start = System.nanoTime();
        CheckpointEvent event = trainer.run().publish(NO_CHECKPOINT_ID, seen);
        measured(trainer).published(event.getVersion(), System.nanoTime() - start);
        events.add(event);
    }

    /** Emits the events of versions that were written since the last barrier. */
    void emitEvents(long checkpointId) {
        for (CheckpointEvent event : events) {
            emit(
                    event.getVersion(),
                    CheckpointEvent.newBuilder(event).setFlinkCheckpointId(checkpointId).build());
        }
        events.clear();
    }

    /** The same at the end of the input. */
    void emitEvents() {
        emitEvents(NO_CHECKPOINT_ID);
    }

    /** Emits an event that retires a version. */
    void emitRetired(CheckpointEvent retired) {
        emit(0, retired);
    }

    private void emit(long version, CheckpointEvent event) {
        output.accept(TrainerOutput.event(version, messages.record(event).getValue()));
    }

    /** A Flink checkpoint is complete: tells those who watch how far the trainers have read. */
    void completed() {
        Map<TopicPartition, Long> read = nextOffsets();
        read.values().removeIf(offset -> offset < 0);
        batches.commit(read);
    }

    private RoundMetrics ofRounds(LogicalTrainer trainer) {
        return Objects.requireNonNull(rounds.get(trainer));
    }

    /** The metrics of a trainer. */
    TrainingMetrics measured(LogicalTrainer trainer) {
        return Objects.requireNonNull(metrics.get(trainer));
    }

    @Override
    public void close() {
        IOUtils.closeAllQuietly(batches, producer);
    }
}
