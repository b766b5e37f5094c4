package io.kiln.training.run;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.JobRecords;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.kafka.OpenTransactions;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.checkpoints.CommittedEvents;
import io.kiln.training.checkpoints.VersionCatalogue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Compares what the topics hold of a run with what a trainer knows of it, before it goes on: no gap
 * and no second trainer may go unnoticed.
 */
final class RunTopics implements AutoCloseable {
    /** How many of the last offsets of training-steps are read. A live trainer is among them. */
    private static final long RECENT = 2000;

    private final KilnConfig config;
    private final String runId;
    private final TopicReader reader;
    private final TopicReader uncommitted;
    private final OpenTransactions open;
    private final JobRecords<TrainingStep> steps;
    private final CommittedEvents committed;
    private final VersionCatalogue events;

    RunTopics(KilnConfig config) {
        this.config = config;
        this.runId = config.training().runId();
        this.reader = Clients.reader(config);
        this.uncommitted = Clients.uncommittedReader(config);
        this.open = new OpenTransactions(config, RunIds.transactions(config));
        this.steps = new JobRecords<>(config, TrainingStep.class, config.topics().trainingSteps());
        this.committed = new CommittedEvents(config);
        this.events = new VersionCatalogue(config.model().name(), runId);
    }

    /** Ends what earlier attempts left open, but not what belongs to a checkpoint. */
    void abortAfter(long checkpoint) {
        open.abortOwnAfter(checkpoint);
    }

    /**
     * Waits until it can be told what is committed of the run. Transactions of others that are open
     * hide it, and so would let a run begin twice. Those of the run itself hide nothing that is
     * committed.
     */
    private void awaitWhatIsHidden(String topic, String ofThisRun) {
        Map<TopicPartition, Long> visible = reader.extent(topic).ends();
        Map<TopicPartition, Long> ends = new HashMap<>(uncommitted.extent(topic).ends());
        if (ends.equals(visible)) {
            return; // nothing lies behind what is visible
        }
        open.ownBegins(visible.keySet())
                .forEach((partition, begin) -> ends.merge(partition, begin, Math::min));
        byte[] key = ofThisRun.getBytes(StandardCharsets.UTF_8);
        AtomicBoolean hidden = new AtomicBoolean();
        uncommitted.read(
                new Extent(visible, ends),
                record -> {
                    if (Arrays.equals(record.key(), key)) {
                        hidden.set(true);
                    }
                });
        if (hidden.get()) {
            open.awaitOthers(visible.keySet());
        }
    }

    /**
     * Requires that no other trainer has taken the run further.
     *
     * @param version of the last event that this trainer knows
     * @param trained offset of the last batch of each partition that this trainer knows
     * @throws NonRecoverableJobException if a later event or step is committed
     */
    void requireNothingLater(long version, Map<TopicPartition, Long> trained) {
        awaitWhatIsHidden(config.topics().checkpoints(), config.model().name());
        awaitWhatIsHidden(config.topics().trainingSteps(), runId);
        List<String> later = new ArrayList<>();
        committed.next().forEach(events::add);
        // One that leaves a gap behind this job's last is not of a trainer of this run.
        if (events.announced(version + 1)) {
            later.add(
                    "version " + (version + 1) + " is published, but this job knows of " + version);
        }
        Map<Integer, Long> steps = lastTrained();
        trained.forEach(
                (partition, last) -> {
                    long found = steps.getOrDefault(partition.partition(), -1L);
                    if (found > last) {
                        later.add(
                                partition.topic()
                                        + " partition "
                                        + partition.partition()
                                        + " is trained on up to offset "
                                        + found
                                        + ", but this job knows of "
                                        + (last < 0 ? "none" : last));
                    }
                });
        if (!later.isEmpty()) {
            throw new NonRecoverableJobException(
                    "run "
                            + runId
                            + " of model "
                            + config.model().name()
                            + " is further than the state that this job starts with: "
                            + String.join("; ", later)
                            + ". If another trainer of this run is alive, keep it running. If not, go on from the"
                            + " run's last checkpoint or savepoint: kiln submit training --from latest. To begin"
                            + " anew, choose another training.runId");
        }
    }

    /**
     * The highest offset of each partition that a recent step of this run was trained on. A step on
     * a batch that does not exist is not of a trainer.
     */
    private Map<Integer, Long> lastTrained() {
        Map<Integer, Long> last = new HashMap<>();
        byte[] key = runId.getBytes(StandardCharsets.UTF_8);
        String batches = config.topics().sparseBatches();
        Map<TopicPartition, Long> ends = reader.extent(batches).ends();
        reader.read(
                reader.extent(config.topics().trainingSteps()).newest(RECENT),
                record -> {
                    if (Arrays.equals(record.key(), key)) {
                        steps.readOrPassOver(record)
                                .filter(step -> isOfThisRun(step, record, ends))
                                .ifPresent(
                                        step ->
                                                last.merge(
                                                        step.getBatchPartition(),
                                                        step.getBatchOffset(),
                                                        Math::max));
                    }
                });
        return last;
    }

    private boolean isOfThisRun(
            TrainingStep step,
            ConsumerRecord<byte[], byte[]> record,
            Map<TopicPartition, Long> ends) {
        TopicPartition partition =
                new TopicPartition(config.topics().sparseBatches(), step.getBatchPartition());
        boolean exists = step.getBatchOffset() < ends.getOrDefault(partition, 0L);
        if (!exists) {
            ForeignRecords.passedOver(
                    record, "no batch lies at " + partition + " offset " + step.getBatchOffset());
        }
        return exists
                && step.getRunId().equals(runId)
                && (step.getModel().isEmpty() || step.getModel().equals(config.model().name()));
    }

    @Override
    public void close() {
        reader.close();
        uncommitted.close();
        open.close();
        committed.close();
    }
}
