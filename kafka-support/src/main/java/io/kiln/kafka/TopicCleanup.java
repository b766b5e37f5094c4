package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.Topic;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;

/**
 * What the brokers delete of a topic, and when, whatever the configuration of Kiln says.
 *
 * @param policy Kafka's cleanup.policy: delete, compact or both
 * @param retentionMs Kafka's retention.ms; negative for ever
 */
public record TopicCleanup(String policy, long retentionMs) {
    /** As Kiln creates a topic. */
    public static TopicCleanup configured(Topic topic) {
        Duration retention = topic.retention();
        return new TopicCleanup(
                TopicConfig.CLEANUP_POLICY_DELETE, retention == null ? -1 : retention.toMillis());
    }

    /**
     * Asks the brokers about topics that exist.
     *
     * @return by name; a topic is absent if this login may not see how it is configured
     * @throws BrokerException if no broker answers, or it lacks one of the topics
     */
    public static Map<String, TopicCleanup> of(KilnConfig config, Collection<String> topics) {
        List<ConfigResource> asked =
                topics.stream()
                        .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                        .toList();
        Map<String, TopicCleanup> found = new HashMap<>();
        try (Admin admin = Clients.admin(config)) {
            admin.describeConfigs(asked)
                    .values()
                    .forEach(
                            (topic, answer) ->
                                    ifAllowed(config, answer)
                                            .ifPresent(is -> found.put(topic.name(), of(is))));
        }
        return found;
    }

    private static Optional<Config> ifAllowed(KilnConfig config, KafkaFuture<Config> answer) {
        try {
            return Optional.of(Clients.answer(answer, config));
        } catch (BrokerException e) {
            if (e.getCause() instanceof ExecutionException failure
                    && failure.getCause() instanceof AuthorizationException) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static TopicCleanup of(Config topic) {
        return new TopicCleanup(
                topic.get(TopicConfig.CLEANUP_POLICY_CONFIG).value(),
                Long.parseLong(topic.get(TopicConfig.RETENTION_MS_CONFIG).value()));
    }

    /** Whether records make room for later ones of their key. */
    public boolean compacts() {
        return Arrays.asList(policy.split(",", -1)).contains(TopicConfig.CLEANUP_POLICY_COMPACT);
    }

    /** The age at which records are deleted; empty if never. */
    public Optional<Duration> age() {
        return retentionMs < 0 || policy.equals(TopicConfig.CLEANUP_POLICY_COMPACT)
                ? Optional.empty()
                : Optional.of(Duration.ofMillis(retentionMs));
    }
}
