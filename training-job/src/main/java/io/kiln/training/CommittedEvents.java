package io.kiln.training;

import io.kiln.config.KilnConfig;
import io.kiln.flink.KafkaSettings;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.RecordDeserializer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The checkpoint events that are visible, in their order, from the topic's beginning on. */
final class CommittedEvents implements Retention.News {
    private static final Duration POLL = Duration.ofMillis(200);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final RecordDeserializer<CheckpointEvent> deserializer;
    private final TopicPartition partition;

    CommittedEvents(KilnConfig config) {
        Properties properties = KafkaSettings.consumer(config);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                Math.toIntExact(config.kafka().connectTimeout().toMillis()));
        this.deserializer =
                new RecordDeserializer<>(KafkaSettings.registry(config), CheckpointEvent.class);
        this.partition = new TopicPartition(config.topics().checkpoints(), 0);
        this.consumer =
                new KafkaConsumer<>(
                        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
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
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                events.add(deserializer.read(record.value()));
            }
        }
        return events;
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
}
