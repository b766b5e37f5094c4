package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Where the broker is. */
public record KafkaConfig(
        @Key(
                        about = "brokers to start from, host:port separated by commas",
                        fallback = "localhost:9092")
                String bootstrapServers,
        @Key(
                        about = "how long to wait for a broker before giving up",
                        fallback = "30s",
                        min = 1,
                        max = 3600)
                Duration connectTimeout,
        @Key(
                        about = "more properties for every Kafka client, for instance for TLS",
                        fallback = "{}")
                Map<String, String> properties)
        implements Serializable {
    public KafkaConfig {
        if (bootstrapServers.isBlank()) {
            throw new IllegalArgumentException(
                    "bootstrapServers: is empty; expected host:port, separated by commas");
        }
        properties = Map.copyOf(properties);
    }

    /** The properties that every Kafka client begins with, bootstrap.servers among them. */
    public Map<String, String> clientProperties() {
        Map<String, String> all = new HashMap<>(properties);
        all.put("bootstrap.servers", bootstrapServers);
        return all;
    }
}
