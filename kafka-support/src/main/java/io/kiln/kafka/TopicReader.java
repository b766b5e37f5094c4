package io.kiln.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads topics from their beginning to an end that was fixed before, committed records only. */
public final class TopicReader implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(500);

    /**
     * What a topic holds.
     *
     * @param begins first offset by partition
     * @param ends offset behind the last committed record by partition
     */
    public record Extent(Map<TopicPartition, Long> begins, Map<TopicPartition, Long> ends) {}

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Duration patience;

    /**
     * @param properties of the Kafka client
     * @param patience how long the broker may be silent
     */
    public TopicReader(Map<String, Object> properties, Duration patience) {
        Map<String, Object> settings = new HashMap<>(properties);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        this.consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.patience = patience;
    }

    /** Fixes where a topic ends. */
    public Extent extent(String topic) {
        List<PartitionInfo> infos = consumer.partitionsFor(topic, patience);
        List<TopicPartition> partitions =
                infos.stream().map(info -> new TopicPartition(topic, info.partition())).toList();
        return new Extent(
                consumer.beginningOffsets(partitions, patience),
                consumer.endOffsets(partitions, patience));
    }

    /**
     * Reads all of it, each partition in its order.
     *
     * @throws BrokerException if the broker falls silent
     */
    public void read(Extent extent, Consumer<ConsumerRecord<byte[], byte[]>> action) {
        consumer.assign(extent.ends().keySet());
        extent.begins().forEach(consumer::seek);
        long heard = System.nanoTime();
        while (extent.ends().entrySet().stream().anyMatch(this::isBefore)) {
            boolean any = false;
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                any = true;
                Long end =
                        extent.ends().get(new TopicPartition(record.topic(), record.partition()));
                if (end != null && record.offset() < end) {
                    action.accept(record);
                }
            }
            if (any) {
                heard = System.nanoTime();
            } else if (System.nanoTime() - heard > patience.toNanos()) {
                throw new BrokerException(
                        "the Kafka broker sent nothing for "
                                + patience.toSeconds()
                                + " s while "
                                + extent.ends()
                                + " was to be read");
            }
        }
    }

    private boolean isBefore(Map.Entry<TopicPartition, Long> end) {
        return consumer.position(end.getKey(), patience) < end.getValue();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
