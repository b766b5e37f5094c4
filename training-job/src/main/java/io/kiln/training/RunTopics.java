package io.kiln.training;

import io.kiln.config.KilnConfig;
import io.kiln.flink.KafkaSettings;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.TrainingStep;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
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
    private final PartitionReader steps;
    private final RecordDeserializer<TrainingStep> deserializer;

    RunTopics(KilnConfig config) {
        this.config = config;
        this.runId = config.training().runId();
        this.steps =
                new PartitionReader(config, new TopicPartition(config.topics().trainingSteps(), 0));
        this.deserializer =
                new RecordDeserializer<>(KafkaSettings.registry(config), TrainingStep.class);
    }

    /** The partition that the run learns from. */
    static TopicPartition batches(KilnConfig config) {
        return new TopicPartition(config.topics().sparseBatches(), TrainingJob.PARTITION);
    }

    /**
     * Requires that the batches which come next are still there.
     *
     * @param last offset of the last batch that was trained on; −1 before the first, when whatever
     *     is there is the beginning
     * @throws RefusedStateException if they have been deleted
     */
    void requireNothingDeletedBehind(long last) {
        if (last < 0) {
            return;
        }
        TopicPartition partition = batches(config);
        try (PartitionReader reader = new PartitionReader(config, partition)) {
            long begin = reader.begin();
            if (begin > last + 1) {
                throw new RefusedStateException(
                        partition.topic()
                                + " partition "
                                + partition.partition()
                                + " begins with offset "
                                + begin
                                + ", but run "
                                + runId
                                + " goes on at "
                                + (last + 1)
                                + ": what lay between was deleted before it was trained on, and is not skipped silently."
                                + " Keep batches longer (topics.retention) than the trainer may be behind. To go on without"
                                + " them, start another run (training.runId) with the last version's weights (training.init.weights)");
            }
        }
    }

    /**
     * Requires that nobody has taken the run further.
     *
     * @param version of the last event as this trainer knows it
     * @param last offset of the last batch as this trainer knows it
     * @throws RefusedStateException if an event or a step tells otherwise
     */
    void requireNothingLater(long version, long last) {
        List<String> later = new ArrayList<>();
        VersionCatalogue events = new VersionCatalogue(config.model().name(), runId);
        try (CommittedEvents committed = new CommittedEvents(config)) {
            committed.next().forEach(events::add);
        }
        if (events.newest() > version) {
            later.add("version " + events.newest() + " is published, this job knows of " + version);
        }
        long trained = lastTrained();
        if (trained > last) {
            TopicPartition partition = batches(config);
            later.add(
                    partition.topic()
                            + " partition "
                            + partition.partition()
                            + " is trained on up to offset "
                            + trained
                            + ", this job knows of "
                            + (last < 0 ? "none" : last));
        }
        if (!later.isEmpty()) {
            throw new RefusedStateException(
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

    /**
     * Highest offset that a recent step of this run was trained on; −1 if there is no such step.
     */
    private long lastTrained() {
        long[] last = {-1};
        byte[] key = runId.getBytes(StandardCharsets.UTF_8);
        steps.seekBeforeEnd(RECENT);
        steps.read(
                record -> {
                    if (Arrays.equals(record.key(), key)) {
                        last[0] = Math.max(last[0], offset(record));
                    }
                });
        return last[0];
    }

    private long offset(ConsumerRecord<byte[], byte[]> record) {
        TrainingStep step = deserializer.read(record.value());
        return step.getBatchPartition() == TrainingJob.PARTITION ? step.getBatchOffset() : -1;
    }

    @Override
    public void close() {
        steps.close();
    }
}
