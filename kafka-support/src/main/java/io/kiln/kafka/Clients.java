package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.SchemaRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** How clients reach what a configuration names. */
public final class Clients {
    private Clients() {}

    /** Properties of a Kafka client, to be added to. */
    public static Map<String, Object> properties(KilnConfig config) {
        Map<String, Object> properties = new HashMap<>(config.kafka().properties());
        properties.put(
                CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, config.kafka().bootstrapServers());
        return properties;
    }

    /** Properties of a client that waits for a broker as long as kafka.connectTimeout says. */
    public static Map<String, Object> patient(KilnConfig config) {
        Map<String, Object> properties = properties(config);
        int patience = Math.toIntExact(config.kafka().connectTimeout().toMillis());
        properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, patience);
        properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, patience);
        return properties;
    }

    /** The schema registry. */
    public static SchemaRegistry registry(KilnConfig config) {
        return new SchemaRegistry(config.registry().url(), config.registry().connectTimeout());
    }

    /**
     * A client for the brokers' administration, once one of them has answered.
     *
     * @throws BrokerException if none answers within kafka.connectTimeout
     */
    static Admin admin(KilnConfig config) {
        Admin admin;
        try {
            admin = Admin.create(patient(config));
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

    private static <T> T answer(KafkaFuture<T> future, KilnConfig config) {
        String address = config.kafka().bootstrapServers();
        try {
            return future.get();
        } catch (ExecutionException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            if (reason instanceof TimeoutException) {
                throw new BrokerException(
                        "no Kafka broker answered at "
                                + address
                                + " within "
                                + config.kafka().connectTimeout().toSeconds()
                                + " s; is it running, and is kafka.bootstrapServers right?",
                        e);
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
