package io.kiln.training.checkpoints;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KafkaSettings;
import io.kiln.kafka.PartitionReader;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.RecordDeserializer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/** The checkpoint events that are visible, in their order, from the topic's beginning on. */
public final class CommittedEvents implements Retention.News {
    private final PartitionReader reader;
    private final RecordDeserializer<CheckpointEvent> deserializer;

    public CommittedEvents(KilnConfig config) {
        this.reader =
                new PartitionReader(config, new TopicPartition(config.topics().checkpoints(), 0));
        this.deserializer =
                new RecordDeserializer<>(KafkaSettings.registry(config), CheckpointEvent.class);
    }

    /**
     * Reads what became visible since the last call; waits for no more.
     *
     * @throws org.apache.kafka.common.KafkaException if no broker answers
     * @throws io.kiln.schemas.RecordFormatException if a record is no event
     */
    @Override
    public List<CheckpointEvent> next() {
        List<CheckpointEvent> events = new ArrayList<>();
        reader.read(record -> events.add(deserializer.read(record.value())));
        return events;
    }

    @Override
    public void close() {
        reader.close();
    }
}
