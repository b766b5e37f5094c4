package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** How to reach the brokers. */
public record KafkaConfig(
        @Key(
                        about =
                                "addresses of brokers for the first connection, as host:port separated by commas",
                        fallback = "localhost:9092")
                String bootstrapServers,
        @Key(
                        about = "time to wait for a broker before giving up",
                        fallback = "30s",
                        min = 1,
                        max = 3600)
                Duration connectTimeout,
        @Key(
                        about =
                                "additional properties for every Kafka client, for example for TLS and a login;"
                                        + " ${file:/path} and ${env:NAME} stand for secrets",
                        fallback = "{}",
                        secret = true)
                Map<String, String> properties)
        implements Serializable {
    public KafkaConfig {
        if (bootstrapServers.isBlank()) {
            throw new IllegalArgumentException(
                    "bootstrapServers: \"\" is not allowed; expected host:port, separated by commas");
        }
        properties = Map.copyOf(properties);
        Secrets.requireNotHidden(properties);
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return bootstrapServers + " " + Secrets.shown(properties);
    }

    /**
     * The properties of every Kafka client, including bootstrap.servers. References to secrets
     * stand in them as they were written.
     */
    public Map<String, String> clientProperties() {
        Map<String, String> all = new HashMap<>(properties);
        all.put("bootstrap.servers", bootstrapServers);
        return all;
    }
}
