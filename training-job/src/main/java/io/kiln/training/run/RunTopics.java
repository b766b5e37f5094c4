package io.kiln.training.run;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.checkpoints.CommittedEvents;
import io.kiln.training.checkpoints.VersionCatalogue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private final RecordDeserializer<TrainingStep> deserializer;

    RunTopics(KilnConfig config) {
        this.config = config;
        this.runId = config.training().runId();
        this.reader = Clients.reader(config);
        this.deserializer = new RecordDeserializer<>(Clients.registry(config), TrainingStep.class);
    }

    /**
     * Requires that the batches that come next have not been deleted.
     *
     * @param taken offset of the last batch of each partition that was trained on or waits in the
     *     state; −1 before the first, when the run begins with whatever the partition holds
     * @throws NonRecoverableJobException if they have been deleted
     */
    void requireNothingDeletedBehind(Map<TopicPartition, Long> taken) {
        Map<TopicPartition, Long> begins = reader.extent(config.topics().sparseBatches()).begins();
        taken.forEach(
                (partition, last) -> {
                    if (last >= 0) {
                        requireKept(partition, last + 1, begins.getOrDefault(partition, 0L));
                    }
                });
    }

    private void requireKept(TopicPartition partition, long next, long begin) {
        if (begin > next) {
            throw new NonRecoverableJobException(
                    partition.topic()
                            + " partition "
                            + partition.partition()
                            + " begins with offset "
                            + begin
                            + ", but run "
                            + runId
                            + " goes on at "
                            + next
                            + ": the batches between were deleted before they were trained on."
                            + " Keep batches (topics.retention) for longer than the trainer may lag. To go on without"
                            + " them, start another run (training.runId) with the last version's weights (training.init.weights)");
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
        List<String> later = new ArrayList<>();
        VersionCatalogue events = new VersionCatalogue(config.model().name(), runId);
        try (CommittedEvents committed = new CommittedEvents(config)) {
            committed.next().forEach(events::add);
        }
        if (events.newest() > version) {
            later.add(
                    "version "
                            + events.newest()
                            + " is published, but this job knows of "
                            + version);
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
                            + ". If another trainer of this run is alive, let it go on. If not, submit with the run's last"
                            + " checkpoint or savepoint. To begin anew, choose another training.runId");
        }
    }

    /** The highest offset of each partition that a recent step of this run was trained on. */
    private Map<Integer, Long> lastTrained() {
        Map<Integer, Long> last = new HashMap<>();
        byte[] key = runId.getBytes(StandardCharsets.UTF_8);
        reader.read(
                reader.extent(config.topics().trainingSteps()).newest(RECENT),
                record -> {
                    if (Arrays.equals(record.key(), key)) {
                        TrainingStep step = deserializer.read(record.value());
                        last.merge(step.getBatchPartition(), step.getBatchOffset(), Math::max);
                    }
                });
        return last;
    }

    @Override
    public void close() {
        reader.close();
    }
}
