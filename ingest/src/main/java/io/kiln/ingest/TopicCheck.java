package io.kiln.ingest;

import io.kiln.config.KafkaConfig;
import io.kiln.config.TopicsConfig;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.BrokerRefusal;
import io.kiln.schemas.BrokerWait;
import io.kiln.schemas.SecretReferences;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Asks the broker for a topic, and says what is wrong where there is no answer. */
final class TopicCheck {
    private TopicCheck() {}

    /**
     * @throws IngestException if no broker answers within kafka.connectTimeout, has no topic of
     *     images, or does not let this login write to it
     */
    static void require(KafkaConfig kafka, TopicsConfig topics) {
        String topic = topics.images();
        BrokerRefusal refusal = new BrokerRefusal(kafka.clientProperties(), topics::keyOf);
        try (Closing admin = new Closing(admin(kafka))) {
            Set<AclOperation> allowed =
                    BrokerWait.answer(
                                    admin.client()
                                            .describeTopics(
                                                    List.of(topic),
                                                    new DescribeTopicsOptions()
                                                            .includeAuthorizedOperations(true))
                                            .allTopicNames(),
                                    kafka.bootstrapServers())
                            .values()
                            .iterator()
                            .next()
                            .authorizedOperations();
            if (allowed != null && !allowed.contains(AclOperation.WRITE)) {
                throw new IngestException(
                        refusal.denied(refusal.topic(topic) + ", namely [WRITE]"));
            }
        } catch (ExecutionException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            throw refusal.explain(reason, refusal.topic(topic))
                    .map(words -> new IngestException(words, BrokerException.explained(words, e)))
                    .orElseGet(() -> failed(kafka, topic, reason));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IngestException(
                    "interrupted while waiting for the Kafka broker at " + kafka.bootstrapServers(),
                    e);
        }
    }

    /** A Kafka client that does not accept its settings. */
    static IngestException wrongSettings(KafkaException e) {
        Throwable reason = e.getCause() == null ? e : e.getCause();
        return new IngestException(
                "Kafka's client refuses kafka.bootstrapServers or kafka.properties: "
                        + reason.getMessage(),
                e);
    }

    private static Admin admin(KafkaConfig kafka) {
        try {
            return Admin.create(adminSettings(kafka));
        } catch (KafkaException e) {
            throw wrongSettings(e);
        }
    }

    /** Properties of a client that waits for a broker as long as kafka.connectTimeout says. */
    static Map<String, Object> adminSettings(KafkaConfig kafka) {
        int timeout = Math.toIntExact(kafka.connectTimeout().toMillis());
        Map<String, Object> settings = SecretReferences.late(kafka.clientProperties());
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeout);
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, timeout);
        return settings;
    }

    private static IngestException failed(KafkaConfig kafka, String topic, Throwable reason) {
        String address = kafka.bootstrapServers();
        if (reason instanceof TimeoutException) {
            return new IngestException(
                    "no Kafka broker answered at "
                            + address
                            + " within "
                            + kafka.connectTimeout().toSeconds()
                            + " s; is it running, and is kafka.bootstrapServers right?",
                    reason);
        }
        if (reason instanceof UnknownTopicOrPartitionException) {
            return new IngestException(
                    "the Kafka broker at "
                            + address
                            + " has no topic "
                            + topic
                            + "; create it with: kiln topics create",
                    reason);
        }
        return new IngestException(
                "the Kafka broker at "
                        + address
                        + " does not describe topic "
                        + topic
                        + ": "
                        + reason.getMessage(),
                reason);
    }

    /** Closes at once: there is nothing on its way that anybody waits for. */
    private record Closing(Admin client) implements AutoCloseable {
        @Override
        public void close() {
            client.close(Duration.ZERO);
        }
    }
}
