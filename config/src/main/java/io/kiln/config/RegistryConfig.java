package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;

/** How to reach the schema registry. */
public record RegistryConfig(
        @Key(
                        about =
                                "URL of a Confluent-compatible schema registry; user:password@ before the host if it asks for them",
                        fallback = "http://localhost:8085/apis/ccompat/v7",
                        secret = true)
                String url,
        @Key(
                        about =
                                "time to wait for the registry, or for it to know a schema id, before"
                                        + " giving up",
                        fallback = "30s",
                        min = 1,
                        max = 3600)
                Duration connectTimeout,
        @Key(
                        about =
                                "records in a row with a schema id that the registry does not know,"
                                        + " above which the registry is at fault and not the record",
                        fallback = "10",
                        min = 0,
                        max = 1_000_000_000)
                int unknownIds)
        implements Serializable {
    public RegistryConfig {
        if (!url.matches("https?://[^\\s/]+.*")) {
            throw new IllegalArgumentException(
                    "url: \""
                            + Secrets.url(url)
                            + "\" is not allowed; expected http://host:port/path or https://…");
        }
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return Secrets.url(url);
    }
}
