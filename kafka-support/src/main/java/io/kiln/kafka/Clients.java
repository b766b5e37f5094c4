package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.BrokerRefusal;
import io.kiln.schemas.BrokerWait;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SecretReferences;
import io.kiln.schemas.Topic;
import io.kiln.schemas.TopicReader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.resource.ResourceType;

/**
 * How clients reach the brokers and the registry of a configuration: the one place for their
 * settings.
 */
public final class Clients {
    private Clients() {}

    /**
     * Properties of a Kafka client, to be added to. References to secrets are resolved when a
     * client is made of them, in the process that makes it.
     */
    public static Map<String, Object> properties(KilnConfig config) {
        return SecretReferences.late(config.kafka().clientProperties());
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
        properties.putAll(properties(config));
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
        properties.putAll(properties(config));
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
                config.registry().unknownIds(),
                config.registry().properties());
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
     * Requires that topics are there and may be read.
     *
     * @throws BrokerException if no broker answers, it lacks one of the topics, or it denies it
     */
    public static void requireTopics(KilnConfig config, List<String> topics) {
        require(config, topics.stream().map(t -> Grant.topic(t, AclOperation.READ)).toList());
    }

    /**
     * Requires that the topics of grants are there, and that this login may do with them what they
     * say. Other resources are not asked for: brokers do not tell of them.
     *
     * @throws BrokerException if no broker answers, it lacks one of the topics, or it denies
     *     something
     */
    public static void require(KilnConfig config, List<Grant> grants) {
        List<Grant> ofTopics =
                grants.stream().filter(grant -> grant.type() == ResourceType.TOPIC).toList();
        try (Admin admin = admin(config)) {
            Map<String, KafkaFuture<TopicDescription>> found =
                    admin.describeTopics(
                                    ofTopics.stream().map(Grant::name).toList(),
                                    new DescribeTopicsOptions().includeAuthorizedOperations(true))
                            .topicNameValues();
            for (Grant grant : ofTopics) {
                String topic = refusal(config).topic(grant.name());
                KafkaFuture<TopicDescription> described =
                        Objects.requireNonNull(found.get(grant.name()), grant.name());
                requireOperations(config, grant, answer(described, config, topic));
            }
        }
    }

    private static void requireOperations(KilnConfig config, Grant grant, TopicDescription found) {
        if (found.authorizedOperations() == null) {
            return; // the broker does not tell
        }
        Set<AclOperation> missing = new TreeSet<>(grant.operations());
        missing.removeAll(found.authorizedOperations());
        if (!missing.isEmpty()) {
            BrokerRefusal refusal = refusal(config);
            throw new BrokerException(
                    refusal.denied(refusal.topic(grant.name()) + ", namely " + missing));
        }
    }

    /** Puts refusals of the brokers in words. */
    public static BrokerRefusal refusal(KilnConfig config) {
        return new BrokerRefusal(config.kafka().clientProperties(), config.topics()::keyOf);
    }

    /**
     * A failure in words if it is a refusal of the brokers, otherwise as it is.
     *
     * @param asked the resource that was asked for; empty if the failure names it
     */
    public static RuntimeException refused(
            KilnConfig config, RuntimeException failure, String asked) {
        return refusal(config)
                .explain(failure, asked)
                .<RuntimeException>map(words -> BrokerException.explained(words, failure))
                .orElse(failure);
    }

    static <T> T answer(KafkaFuture<T> future, KilnConfig config) {
        return answer(future, config, "");
    }

    private static <T> T answer(KafkaFuture<T> future, KilnConfig config, String asked) {
        String address = config.kafka().bootstrapServers();
        try {
            return BrokerWait.answer(future, address);
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
            throw refusal(config)
                    .explain(reason, asked)
                    .map(words -> BrokerException.explained(words, e))
                    .orElseGet(
                            () ->
                                    new BrokerException(
                                            "the Kafka broker at "
                                                    + address
                                                    + " refuses: "
                                                    + reason.getMessage(),
                                            e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerException(
                    "interrupted while waiting for the Kafka broker at " + address, e);
        }
    }
}
