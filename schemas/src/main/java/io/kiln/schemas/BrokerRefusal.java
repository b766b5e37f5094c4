package io.kiln.schemas;

import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.jspecify.annotations.Nullable;

/**
 * Why a broker does not let a client in, or do what it asks for, in words: who asked, for which
 * resource, which key to look at. Never a password.
 */
public final class BrokerRefusal {
    private static final int MAX_CAUSES = 20;
    private static final String LOGIN = "kafka.properties.sasl.jaas.config";
    private static final Pattern USER =
            Pattern.compile("\\busername\\s*=\\s*(\"([^\"]*)\"|[^\\s;]+)");

    private final Map<String, ?> properties;
    private final UnaryOperator<String> keyOfTopic;

    /**
     * @param properties of the client that was refused, with references to secrets as they were
     *     written
     * @param keyOfTopic the configuration key of a topic's name, or an empty text
     */
    public BrokerRefusal(Map<String, ?> properties, UnaryOperator<String> keyOfTopic) {
        this.properties = properties;
        this.keyOfTopic = keyOfTopic;
    }

    /** For a client that is configured by its properties alone. */
    public static BrokerRefusal of(Map<String, ?> properties) {
        return new BrokerRefusal(properties, topic -> "");
    }

    /**
     * The words for a failure.
     *
     * @return empty if neither the failure nor one of its causes is a refusal
     */
    public Optional<String> explain(@Nullable Throwable failure) {
        return explain(failure, "");
    }

    /**
     * The same where the failure may not name what was asked for.
     *
     * @param asked the resource that was asked for, such as "transactional id a"; empty if unknown
     */
    public Optional<String> explain(@Nullable Throwable failure, String asked) {
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
            Optional<String> words = words(cause, asked);
            if (words.isPresent()) {
                return words;
            }
            cause = cause.getCause();
        }
        return Optional.empty();
    }

    private Optional<String> words(Throwable failure, String asked) {
        if (failure instanceof BrokerException known && known.isExplained()) {
            return Optional.ofNullable(known.getMessage());
        }
        if (failure instanceof SaslAuthenticationException) {
            return Optional.of(
                    broker()
                            + " does not let "
                            + principal()
                            + " in: "
                            + failure.getMessage()
                            + ". Check user name, password and sasl.mechanism in kafka.properties");
        }
        if (failure instanceof SslAuthenticationException) {
            Throwable reason = failure.getCause() == null ? failure : failure.getCause();
            return Optional.of(
                    "TLS with "
                            + broker()
                            + " failed: "
                            + reason.getMessage()
                            + ". Check ssl.truststore.location, and ssl.keystore.location if the broker asks"
                            + " for a certificate, in kafka.properties");
        }
        if (failure instanceof AuthorizationException refused) {
            return Optional.of(denied(resource(refused, asked)));
        }
        return Optional.empty();
    }

    private String resource(AuthorizationException failure, String asked) {
        if (failure instanceof TopicAuthorizationException topics
                && !topics.unauthorizedTopics().isEmpty()) {
            return String.join(
                    ", ", topics.unauthorizedTopics().stream().sorted().map(this::topic).toList());
        }
        if (failure instanceof GroupAuthorizationException group && group.groupId() != null) {
            return "consumer group " + group.groupId();
        }
        if (failure instanceof ClusterAuthorizationException) {
            return "the cluster";
        }
        return asked.isEmpty() ? "a resource (" + failure.getMessage() + ")" : asked;
    }

    /** A topic with the key that names it. */
    public String topic(String name) {
        String key = keyOfTopic.apply(name);
        return "topic " + name + (key.isEmpty() ? "" : " (" + key + ")");
    }

    /**
     * The words for a refusal.
     *
     * @param resource what was asked for
     */
    public String denied(String resource) {
        return broker()
                + " denies "
                + principal()
                + " what it asks for of "
                + resource
                + ". The access lists that each part needs: docs/how-to/secure.md. To use another login, change"
                + " kafka.properties";
    }

    /** Who the client says it is, by its login module. */
    public String principal() {
        String login = String.valueOf(properties.get("sasl.jaas.config"));
        try {
            if (SecretReferences.isReference(login)) {
                login = SecretReferences.resolve(LOGIN, login);
            }
            Matcher user = USER.matcher(login);
            if (user.find()) {
                String name = user.group(2) == null ? user.group(1) : user.group(2);
                return "User:" + SecretReferences.resolve(LOGIN, name);
            }
        } catch (SecretReferenceException e) {
            return "this client (its user name is not known here: " + e.getMessage() + ")";
        }
        return properties.containsKey("ssl.keystore.location")
                ? "the owner of the client's certificate"
                : "this client (sasl.jaas.config names no user)";
    }

    private String broker() {
        return "the Kafka broker at " + properties.get("bootstrap.servers");
    }
}
