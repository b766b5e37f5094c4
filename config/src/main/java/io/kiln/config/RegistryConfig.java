package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** How to reach the schema registry. */
public record RegistryConfig(
        @Key(
                        about =
                                "URL of a Confluent-compatible schema registry; for a login, user:password@ before the host, or registry.properties",
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
                                "number of consecutive records whose schema id the registry does"
                                        + " not know, above which the registry counts as faulty and"
                                        + " not the records",
                        fallback = "10",
                        min = 0,
                        max = 1_000_000_000)
                int unknownIds,
        @Key(
                        about =
                                "login and TLS of the registry's client: basic.auth.user.info,"
                                        + " bearer.auth.token, and ssl.… with the names of Kafka's"
                                        + " clients; ${file:/path} and ${env:NAME} stand for"
                                        + " secrets",
                        fallback = "{}",
                        secret = true)
                Map<String, String> properties)
        implements Serializable {
    private static final String BASIC = "basic.auth.user.info";
    private static final String BEARER = "bearer.auth.token";
    private static final Set<String> KNOWN =
            new TreeSet<>(
                    Set.of(
                            BASIC,
                            BEARER,
                            "ssl.endpoint.identification.algorithm",
                            "ssl.key.password",
                            "ssl.keystore.certificate.chain",
                            "ssl.keystore.key",
                            "ssl.keystore.location",
                            "ssl.keystore.password",
                            "ssl.keystore.type",
                            "ssl.protocol",
                            "ssl.truststore.certificates",
                            "ssl.truststore.location",
                            "ssl.truststore.password",
                            "ssl.truststore.type"));

    public RegistryConfig {
        if (!url.matches("https?://[^\\s/]+.*") || Secrets.hasReference(Secrets.url(url))) {
            throw new IllegalArgumentException(
                    "url: \""
                            + Secrets.url(url)
                            + "\" is not allowed; expected http://host:port/path or https://…, in which"
                            + " user and password alone may be references such as ${env:NAME}");
        }
        properties = Map.copyOf(properties);
        Secrets.requireNotHidden(properties);
        properties.keySet().stream()
                .filter(name -> !KNOWN.contains(name))
                .findFirst()
                .ifPresent(
                        name -> {
                            throw new IllegalArgumentException(
                                    "properties: "
                                            + name
                                            + " is not known; expected some of "
                                            + String.join(", ", KNOWN));
                        });
        if (Stream.of(
                                Secrets.hasUserInfo(url),
                                properties.containsKey(BASIC),
                                properties.containsKey(BEARER))
                        .filter(given -> given)
                        .count()
                > 1) {
            throw new IllegalArgumentException(
                    "properties: the registry takes one login; expected one of "
                            + BASIC
                            + ", "
                            + BEARER
                            + " and user:password@ in registry.url");
        }
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return Secrets.url(url) + " " + Secrets.shown(properties);
    }
}
