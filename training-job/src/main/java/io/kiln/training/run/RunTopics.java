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
 * What the topics tell of a run, compared with where a trainer believes it stands: before it trains
 * on, and so that no gap and no second trainer goes unnoticed.
 */
final class RunTopics implements AutoCloseable {
    /** Offsets of training-steps that are looked at; a trainer under way is among the last. */
    private static final long RECENT = 2000;

    private final KilnConfig config;
    private final String runId;
    private final TopicReader reader;
    private final RecordDeserializer<TrainingStep> deserializer;

    RunTopics(KilnConfig config) {
        this.config = config;
        this.runId = config.training().runId();
        this.reader = Clients.reader(config);
        this.deserializer =
                new RecordDeserializer<>(Clients.registry(config), TrainingStep.class);
    }

    /**
     * Requires that the batches which come next are still there.
     *
     * @param taken of each partition, offset of the last batch that was trained on or waits in the
     *     state; −1 before the first, when whatever is there is the beginning
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
                            + ": what lay between was deleted before it was trained on, and is not skipped silently."
                            + " Keep batches longer (topics.retention) than the trainer may be behind. To go on without"
                            + " them, start another run (training.runId) with the last version's weights (training.init.weights)");
        }
    }

    /**
     * Requires that nobody has taken the run further.
     *
     * @param version of the last event as this trainer knows it
     * @param trained of each partition, offset of the last batch as this trainer knows it
     * @throws NonRecoverableJobException if an event or a step tells otherwise
     */
    void requireNothingLater(long version, Map<TopicPartition, Long> trained) {
        List<String> later = new ArrayList<>();
        VersionCatalogue events = new VersionCatalogue(config.model().name(), runId);
        try (CommittedEvents committed = new CommittedEvents(config)) {
            committed.next().forEach(events::add);
        }
        if (events.newest() > version) {
            later.add("version " + events.newest() + " is published, this job knows of " + version);
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
                                        + ", this job knows of "
                                        + (last < 0 ? "none" : last));
                    }
                });
        if (!later.isEmpty()) {
            throw new NonRecoverableJobException(
                    "run "
                            + runId
                            + " of model "
                            + config.model().name()
                            + " is further than the state that this job begins with: "
                            + String.join("; ", later)
                            + ". If a trainer of this run is running, leave it to it. If none is, submit with the run's last"
                            + " checkpoint or savepoint. To begin anew, choose another training.runId");
        }
    }

    /** Of each partition, the highest offset that a recent step of this run was trained on. */
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
