package io.kiln.training.checkpoints;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** The checkpoint events that are visible, in their order, from the topic's beginning on. */
public final class CommittedEvents implements Retention.EventSource {
    private final String topic;
    private final TopicReader reader;
    private final JobRecords<CheckpointEvent> records;
    private Map<TopicPartition, Long> positions = Map.of();

    public CommittedEvents(KilnConfig config) {
        this.topic = config.topics().checkpoints();
        this.reader = Clients.reader(config);
        this.records = new JobRecords<>(config, CheckpointEvent.class, topic);
    }

    /**
     * Reads what became visible since the last call; waits for no more. Passes over records that
     * Kiln did not write.
     *
     * @throws io.kiln.schemas.BrokerException if no broker answers
     * @throws io.kiln.kafka.NonRecoverableJobException if the registry has lost its schemas
     */
    @Override
    public List<CheckpointEvent> next() {
        List<CheckpointEvent> events = new ArrayList<>();
        Extent extent = reader.extent(topic);
        reader.read(
                extent.from(positions),
                record -> records.readOrPassOver(record).ifPresent(events::add));
        positions = extent.ends();
        return events;
    }

    @Override
    public void close() {
        reader.close();
    }
}
