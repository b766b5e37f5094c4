package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.Topic;
import io.kiln.schemas.TopicReader;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * How clients reach the brokers and the registry of a configuration: the one place for their
 * settings.
 */
public final class Clients {
    private Clients() {}

    /** Properties of a Kafka client, to be added to. */
    public static Map<String, Object> properties(KilnConfig config) {
        return new HashMap<>(config.kafka().clientProperties());
    }

    /** Properties of a client that waits for a broker as long as kafka.connectTimeout says. */
    public static Map<String, Object> propertiesWithTimeout(KilnConfig config) {
        Map<String, Object> properties = properties(config);
        int timeout = Math.toIntExact(config.kafka().connectTimeout().toMillis());
        properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, timeout);
        properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, timeout);
        return properties;
    }

    /** Properties of a job's source: committed records, one of the largest at a time if need be. */
    public static Properties source(KilnConfig config) {
        Properties properties = new Properties();
        properties.putAll(config.kafka().clientProperties());
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(
                ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                Integer.toString(Topic.MAX_RECORD_BYTES));
        properties.put(
                ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                Integer.toString(2 * Topic.MAX_RECORD_BYTES));
        return properties;
    }

    /** Properties of a job's exactly-once sink, with room for the largest records. */
    public static Properties sink(KilnConfig config) {
        Properties properties = new Properties();
        properties.putAll(config.kafka().clientProperties());
        properties.put(
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                Long.toString(config.flink().transactionTimeout().toMillis()));
        properties.put(
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                Integer.toString(Topic.MAX_DEAD_LETTER_BYTES));
        properties.put(
                ProducerConfig.BUFFER_MEMORY_CONFIG, Integer.toString(4 * Topic.MAX_RECORD_BYTES));
        return properties;
    }

    /** A reader of what is committed, which waits as long as kafka.connectTimeout says. */
    public static TopicReader reader(KilnConfig config) {
        return TopicReader.committed(properties(config), config.kafka().connectTimeout());
    }

    /** A reader that sees also what is not committed, or was aborted. */
    public static TopicReader uncommittedReader(KilnConfig config) {
        return TopicReader.uncommitted(properties(config), config.kafka().connectTimeout());
    }

    /** The schema registry. */
    public static SchemaRegistry registry(KilnConfig config) {
        return new SchemaRegistry(
                config.registry().url(),
                config.registry().connectTimeout(),
                config.registry().unknownIds());
    }

    /**
     * A client for the brokers' administration, once one of them has answered.
     *
     * @throws BrokerException if none answers within kafka.connectTimeout
     */
    static Admin admin(KilnConfig config) {
        Admin admin;
        try {
            admin = Admin.create(propertiesWithTimeout(config));
        } catch (KafkaException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            throw new BrokerException(
                    "Kafka's client refuses kafka.bootstrapServers or kafka.properties: "
                            + reason.getMessage(),
                    e);
        }
        try {
            answer(admin.describeCluster().nodes(), config);
            return admin;
        } catch (BrokerException e) {
            admin.close(Duration.ZERO);
            throw e;
        }
    }

    /**
     * @throws BrokerException if no broker answers, or it lacks one of the topics
     */
    public static void requireTopics(KilnConfig config, List<String> topics) {
        try (Admin admin = admin(config)) {
            answer(admin.describeTopics(topics).allTopicNames(), config);
        }
    }

    static <T> T answer(KafkaFuture<T> future, KilnConfig config) {
        String address = config.kafka().bootstrapServers();
        try {
            return future.get();
        } catch (ExecutionException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            if (reason instanceof TimeoutException) {
                throw BrokerException.noAnswer(address, config.kafka().connectTimeout(), e);
            }
            if (reason instanceof UnknownTopicOrPartitionException) {
                throw new BrokerException(
                        "the Kafka broker at "
                                + address
                                + " lacks a topic ("
                                + reason.getMessage()
                                + "); create it with: kiln topics create",
                        e);
            }
            throw new BrokerException(
                    "the Kafka broker at " + address + " refuses: " + reason.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerException(
                    "interrupted while waiting for the Kafka broker at " + address, e);
        }
    }
}
