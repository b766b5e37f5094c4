package io.kiln.schemas;

import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClientConfig;
import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.IOException;
import java.io.Serializable;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Confluent-compatible schema registry: ids for schemas, schemas for ids. Retries while the
 * registry does not answer or answers 5xx, until a timeout, and logs what it waits for.
 * Serializable, so that Flink can ship it; thread-safe.
 */
public final class SchemaRegistry implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(SchemaRegistry.class);
    private static final int CACHED_SCHEMAS_A_SUBJECT = 100;
    private static final int SCHEMA_NOT_FOUND = 40403;
    private static final Pattern USER_INFO = Pattern.compile("(https?://)([^/?#]*)@");
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final String url;
    private final String credentials;
    private final Duration timeout;
    private transient volatile @Nullable SchemaRegistryClient client;
    private transient volatile @Nullable Map<Integer, Schema> schemas;

    /**
     * @param url base URL, for instance http://localhost:8085/apis/ccompat/v7; user:password@
     *     before the host are sent with each request and shown nowhere
     * @param timeout how long to wait for a registry that does not answer
     */
    public SchemaRegistry(String url, Duration timeout) {
        Matcher userInfo = USER_INFO.matcher(url);
        boolean secured = userInfo.lookingAt();
        this.url = secured ? userInfo.group(1) + url.substring(userInfo.end()) : url;
        this.credentials =
                secured
                        ? URLDecoder.decode(
                                userInfo.group(2).replace("+", "%2B"), StandardCharsets.UTF_8)
                        : "";
        this.timeout = timeout;
    }

    /** URL of the registry, without credentials. */
    public String url() {
        return url;
    }

    /**
     * Registers a schema, or finds the id it has already.
     *
     * @param subject by the topic-name strategy: topic + "-value"
     * @return the schema's id in the wire format
     * @throws IncompatibleSchemaException if the registry's rules refuse the schema
     * @throws SchemaRegistryException if the registry stays unavailable or refuses for another
     *     reason
     */
    public int register(String subject, Schema schema) {
        AvroSchema parsed = new AvroSchema(schema);
        return retrying(
                "register the schema of " + subject,
                () -> {
                    try {
                        return client().register(subject, parsed);
                    } catch (RestClientException e) {
                        if (e.getStatus() == 409) {
                            throw incompatible(subject, parsed, e);
                        }
                        throw e;
                    }
                });
    }

    /**
     * The schema a record was written with.
     *
     * @throws RecordFormatException if the registry knows no schema of this id
     * @throws SchemaRegistryException if the registry stays unavailable
     */
    public Schema schema(int id) {
        Schema cached = schemas().get(id);
        if (cached != null) {
            return cached;
        }
        Schema fetched =
                retrying(
                        "fetch schema " + id,
                        () -> {
                            try {
                                return ((AvroSchema) client().getSchemaById(id)).rawSchema();
                            } catch (RestClientException e) {
                                if (e.getStatus() == 404 || e.getErrorCode() == SCHEMA_NOT_FOUND) {
                                    throw new RecordFormatException(
                                            "the registry at "
                                                    + url
                                                    + " knows no schema with id "
                                                    + id);
                                }
                                throw e;
                            }
                        });
        schemas().put(id, fetched);
        return fetched;
    }

    /** Sets which changes of a subject's schema are allowed, for instance BACKWARD. */
    public void requireCompatibility(String subject, String level) {
        retrying(
                "set the compatibility of " + subject,
                () -> client().updateCompatibility(subject, level));
    }

    private IncompatibleSchemaException incompatible(
            String subject, AvroSchema schema, RestClientException refusal)
            throws IOException, RestClientException {
        List<String> differences =
                SchemaDifferences.between(
                        schema.rawSchema(),
                        new Schema.Parser()
                                .parse(client().getLatestSchemaMetadata(subject).getSchema()));
        String explanation =
                differences.isEmpty()
                        ? String.valueOf(refusal.getMessage())
                        : String.join("; ", differences);
        return new IncompatibleSchemaException(
                "the registry at " + url + " refuses the schema of " + subject + ": " + explanation,
                refusal);
    }

    private interface Call<T> {
        T run() throws IOException, RestClientException;
    }

    private <T> T retrying(String what, Call<T> call) {
        long deadline = System.nanoTime() + timeout.toNanos();
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                return call.run();
            } catch (RestClientException e) {
                if (e.getStatus() < 500) {
                    throw new SchemaRegistryException(
                            "the registry at "
                                    + url
                                    + " refused to "
                                    + what
                                    + ": "
                                    + e.getMessage(),
                            e);
                }
                pause = waitOrGiveUp(what, e, deadline, pause);
            } catch (IOException e) {
                pause = waitOrGiveUp(what, e, deadline, pause);
            }
        }
    }

    private Duration waitOrGiveUp(String what, Exception reason, long deadline, Duration pause) {
        if (System.nanoTime() + pause.toNanos() > deadline) {
            throw new SchemaRegistryException(
                    "the schema registry at "
                            + url
                            + " did not "
                            + what
                            + " within "
                            + timeout.toSeconds()
                            + " s ("
                            + reason.getMessage()
                            + "); is it running, and is registry.url right?",
                    reason);
        }
        LOG.warn("waiting for the schema registry at {} to {}: {}", url, what, reason.getMessage());
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SchemaRegistryException(
                    "interrupted while waiting for the schema registry at " + url, e);
        }
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
    }

    private synchronized SchemaRegistryClient client() {
        SchemaRegistryClient current = client;
        if (current == null) {
            int millis = Math.toIntExact(timeout.toMillis());
            current =
                    new CachedSchemaRegistryClient(
                            url,
                            CACHED_SCHEMAS_A_SUBJECT,
                            Map.of(
                                    SchemaRegistryClientConfig.HTTP_CONNECT_TIMEOUT_MS, millis,
                                    SchemaRegistryClientConfig.HTTP_READ_TIMEOUT_MS, millis),
                            credentials.isEmpty()
                                    ? Map.of()
                                    : Map.of("Authorization", basic(credentials)));
            client = current;
        }
        return current;
    }

    /** By hand: the client's providers of credentials are services that its jar does not name. */
    private static String basic(String credentials) {
        byte[] bytes = credentials.getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(bytes);
    }

    private synchronized Map<Integer, Schema> schemas() {
        Map<Integer, Schema> current = schemas;
        if (current == null) {
            current = new ConcurrentHashMap<>();
            schemas = current;
        }
        return current;
    }
}
