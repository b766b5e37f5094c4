package io.kiln.endtoend;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;

/** Follows the committed records of a topic from its beginning, and keeps one value per record. */
final class TopicFollower<T> implements AutoCloseable {
    private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration TIMEOUT = Duration.ofSeconds(90);

    private final String topic;
    private final Function<ConsumerRecord<byte[], byte[]>, T> value;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<T> values = new ArrayList<>();

    TopicFollower(
            KilnConfig config,
            String topic,
            int partitions,
            Function<ConsumerRecord<byte[], byte[]>, T> value) {
        this.topic = topic;
        this.value = value;
        Map<String, Object> properties = Clients.properties(config);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        this.consumer =
                new KafkaConsumer<>(
                        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> all =
                IntStream.range(0, partitions).mapToObj(p -> new TopicPartition(topic, p)).toList();
        consumer.assign(all);
        consumer.seekToBeginning(all);
    }

    /** Follows a topic and keeps its records. */
    static TopicFollower<ConsumerRecord<byte[], byte[]>> of(
            KilnConfig config, String topic, int partitions) {
        return new TopicFollower<>(config, topic, partitions, record -> record);
    }

    /** All values so far; only those read before while the broker does not answer. */
    List<T> all() {
        try {
            Map<TopicPartition, Long> ends =
                    consumer.endOffsets(consumer.assignment(), BROKER_TIMEOUT);
            while (ends.entrySet().stream().anyMatch(this::isBefore)) {
                consumer.poll(Duration.ofMillis(100))
                        .forEach(record -> values.add(value.apply(record)));
            }
        } catch (TimeoutException e) {
            return List.copyOf(values);
        }
        return List.copyOf(values);
    }

    private boolean isBefore(Map.Entry<TopicPartition, Long> end) {
        return consumer.position(end.getKey(), BROKER_TIMEOUT) < end.getValue();
    }

    /** Waits until the values fulfil a condition. */
    List<T> await(Predicate<List<T>> condition) {
        return await("records", TIMEOUT, condition);
    }

    /** Waits until the values fulfil a condition. */
    List<T> await(String what, Duration timeout, Predicate<List<T>> condition) {
        return Awaitility.await(what + " in " + topic)
                .atMost(timeout)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(100))
                .until(this::all, condition);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
