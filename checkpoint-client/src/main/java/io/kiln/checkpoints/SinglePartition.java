package io.kiln.checkpoints;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** Consumers of a topic that must be there and have one partition, so that it has one order. */
final class SinglePartition {
    private SinglePartition() {}

    /**
     * @throws CheckpointException if no broker answers, or it has no such topic
     */
    static Consumer<byte[], byte[]> consumer(Map<String, Object> settings, String topic) {
        Consumer<byte[], byte[]> consumer = create(settings);
        try {
            int partitions = partitions(consumer, settings, topic);
            if (partitions != 1) {
                throw new CheckpointException(
                        "topic "
                                + topic
                                + " at "
                                + address(settings)
                                + " has "
                                + partitions
                                + " partitions; checkpoint events need one, so that they have one"
                                + " order");
            }
            return consumer;
        } catch (RuntimeException e) {
            consumer.close(CloseOptions.timeout(Duration.ZERO));
            throw e;
        }
    }

    private static Consumer<byte[], byte[]> create(Map<String, Object> settings) {
        try {
            return new KafkaConsumer<>(
                    settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        } catch (KafkaException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            throw new CheckpointException(
                    "Kafka's client refuses its properties: " + reason.getMessage(), e);
        }
    }

    private static int partitions(
            Consumer<byte[], byte[]> consumer, Map<String, Object> settings, String topic) {
        try {
            List<PartitionInfo> partitions = consumer.partitionsFor(topic);
            if (partitions == null || partitions.isEmpty()) {
                throw missing(settings, topic, null);
            }
            return partitions.size();
        } catch (UnknownTopicOrPartitionException e) {
            throw missing(settings, topic, e);
        } catch (TimeoutException e) {
            throw new CheckpointException(
                    "no Kafka broker answered at "
                            + address(settings)
                            + " within "
                            + patienceMillis(settings) / 1000
                            + " s; is it running, and is the address right?",
                    e);
        }
    }

    private static CheckpointException missing(
            Map<String, Object> settings, String topic, @Nullable Throwable cause) {
        CheckpointException missing =
                new CheckpointException(
                        "the Kafka broker at "
                                + address(settings)
                                + " has no topic "
                                + topic
                                + "; create it with: kiln topics create");
        missing.initCause(cause);
        return missing;
    }

    private static long patienceMillis(Map<String, Object> settings) {
        String name = ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG;
        Object patience =
                settings.containsKey(name)
                        ? settings.get(name)
                        : ConsumerConfig.configDef().defaultValues().get(name);
        return Long.parseLong(String.valueOf(patience));
    }

    private static String address(Map<String, Object> settings) {
        return String.valueOf(settings.get(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG));
    }
}
