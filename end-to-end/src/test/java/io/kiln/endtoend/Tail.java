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

/** What is committed on a topic, followed from its beginning; of each record what a test keeps. */
final class Tail<T> implements AutoCloseable {
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private final String topic;
    private final Function<ConsumerRecord<byte[], byte[]>, T> kept;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<T> values = new ArrayList<>();

    Tail(
            KilnConfig config,
            String topic,
            int partitions,
            Function<ConsumerRecord<byte[], byte[]>, T> kept) {
        this.topic = topic;
        this.kept = kept;
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

    /** All that is committed now; what is known already while the broker does not answer. */
    List<T> all() {
        try {
            Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment(), ANSWER);
            while (ends.entrySet().stream().anyMatch(this::isBefore)) {
                consumer.poll(Duration.ofMillis(100))
                        .forEach(record -> values.add(kept.apply(record)));
            }
        } catch (TimeoutException e) {
            return List.copyOf(values);
        }
        return List.copyOf(values);
    }

    private boolean isBefore(Map.Entry<TopicPartition, Long> end) {
        return consumer.position(end.getKey(), ANSWER) < end.getValue();
    }

    /** Waits until what is there is enough. */
    List<T> await(String what, Duration atMost, Predicate<List<T>> enough) {
        return Awaitility.await(what + " in " + topic)
                .atMost(atMost)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(100))
                .until(this::all, enough);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
