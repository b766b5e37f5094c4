package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads what is visible of one partition, committed records only. */
public final class PartitionReader implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final TopicPartition partition;
    private final Duration patience;

    public PartitionReader(KilnConfig config, TopicPartition partition) {
        this.partition = partition;
        this.patience = config.kafka().connectTimeout();
        Properties properties = KafkaSettings.consumer(config);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(patience.toMillis()));
        properties.put(
                ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(patience.toMillis()));
        this.consumer =
                new KafkaConsumer<>(
                        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
    }

    /** Offset of the first record that has not been deleted. */
    public long begin() {
        return consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    /** Goes back from the end, as far as the beginning at most. */
    public void seekBeforeEnd(long offsets) {
        consumer.seek(partition, Math.max(begin(), end() - offsets));
    }

    private long end() {
        return consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    /**
     * Reads on to what is the end now.
     *
     * @throws org.apache.kafka.common.KafkaException if the broker does not answer
     */
    public void read(Consumer<ConsumerRecord<byte[], byte[]>> action) {
        long end = end();
        long heard = System.nanoTime();
        long position = consumer.position(partition);
        while (position < end) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            records.forEach(action);
            long now = consumer.position(partition);
            if (now > position) {
                heard = System.nanoTime();
                position = now;
            } else if (System.nanoTime() - heard > patience.toNanos()) {
                throw new TimeoutException(
                        "the broker sent nothing of "
                                + partition
                                + " for "
                                + patience.toSeconds()
                                + " s, at offset "
                                + position
                                + " of "
                                + end);
            }
        }
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
}
