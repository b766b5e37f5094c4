package io.kiln.schemas;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka broker did not answer or refused, or holds a topic of another shape. The message names
 * the broker or the topic and says what to do.
 */
public final class BrokerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean explained;

    public BrokerException(String message) {
        this(message, null);
    }

    public BrokerException(String message, @Nullable Throwable cause) {
        this(message, cause, false);
    }

    private BrokerException(String message, @Nullable Throwable cause, boolean explained) {
        super(message, cause);
        this.explained = explained;
    }

    /**
     * A refusal whose words say all that is known.
     *
     * @param words of {@link BrokerRefusal}
     */
    public static BrokerException explained(String words, Throwable cause) {
        return new BrokerException(words, cause, true);
    }

    boolean isExplained() {
        return explained;
    }

    /** No broker answers at an address (kafka.bootstrapServers). */
    public static BrokerException noAnswer(
            String address, Duration timeout, @Nullable Throwable cause) {
        return new BrokerException(
                "no Kafka broker answered at "
                        + address
                        + " within "
                        + timeout.toSeconds()
                        + " s; is it running, and is kafka.bootstrapServers right?",
                cause);
    }

    /** The broker at an address lacks a topic. */
    public static BrokerException noTopic(String address, String topic, @Nullable Throwable cause) {
        return new BrokerException(
                "the Kafka broker at "
                        + address
                        + " has no topic "
                        + topic
                        + "; create it with: kiln topics create",
                cause);
    }

    /** A broker refused a client: see {@link BrokerRefusal}. */
    public static BrokerException refused(Map<String, ?> properties, Throwable cause) {
        return new BrokerException(
                BrokerRefusal.of(properties)
                        .explain(cause)
                        .orElseGet(() -> String.valueOf(cause.getMessage())),
                cause);
    }
}
