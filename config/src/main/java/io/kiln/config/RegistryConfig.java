package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;

/** How to reach the schema registry. */
public record RegistryConfig(
        @Key(
                        about = "URL of a Confluent-compatible schema registry",
                        fallback = "http://localhost:8085/apis/ccompat/v7")
                String url,
        @Key(
                        about = "time to wait for the registry before giving up",
                        fallback = "30s",
                        min = 1,
                        max = 3600)
                Duration connectTimeout)
        implements Serializable {
    public RegistryConfig {
        if (!url.matches("https?://[^\\s/]+.*")) {
            throw new IllegalArgumentException(
                    "url: \""
                            + url
                            + "\" is not allowed; expected http://host:port/path or https://…");
        }
    }
}
