package io.kiln.schemas;

import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClientConfig;
import io.confluent.kafka.schemaregistry.client.rest.RestService;
import io.confluent.kafka.schemaregistry.client.rest.entities.SchemaString;
import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.IOException;
import java.io.Serializable;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A Confluent-compatible schema registry: ids for schemas, schemas for ids. Retries while the
 * registry does not answer or answers 5xx, until a timeout, and logs what it waits for.
 * Serializable, so that Flink can ship it; thread-safe.
 */
public final class SchemaRegistry implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int CACHED_SCHEMAS_A_SUBJECT = 100;
    private static final int DEFAULT_UNKNOWN_IDS = 10;
    private static final int SUBJECT_NOT_FOUND = 40401;
    private static final int SCHEMA_NOT_FOUND = 40403;
    private static final Pattern USER_INFO =
            Pattern.compile("(https?://)((?:\\$\\{[^}]*}|[^/?#$@]++|[$@])*)@");
    private static final String BASIC = "basic.auth.user.info";
    private static final String BEARER = "bearer.auth.token";

    private final String url;
    private final Duration timeout;
    private final int unknownIds;

    /** References to secrets stand in them as they were written. */
    private final Map<String, String> properties;

    private final RegistryRetries retries;
    private transient volatile @Nullable RestService rest;
    private transient volatile @Nullable SchemaRegistryClient client;
    private transient volatile @Nullable Map<Integer, Schema> schemas;
    private transient volatile @Nullable Set<Integer> awaited;

    /**
     * @param url base URL, for instance http://localhost:8085/apis/ccompat/v7; user:password@
     *     before the host are sent with each request and shown nowhere
     * @param timeout how long to wait for a registry that does not answer
     */
    public SchemaRegistry(String url, Duration timeout) {
        this(url, timeout, DEFAULT_UNKNOWN_IDS, Map.of());
    }

    /**
     * @param url base URL, as above
     * @param timeout how long to wait for a registry that does not answer, or for an unknown id
     * @param unknownIds how many records in a row may have an unknown id before this is the
     *     registry's fault
     * @param properties basic.auth.user.info (user:password), bearer.auth.token, and ssl.… under
     *     the names of Kafka's clients; references to secrets in them and in the user and password
     *     of the URL are resolved when a process first asks the registry, and again after a refusal
     */
    public SchemaRegistry(
            String url, Duration timeout, int unknownIds, Map<String, String> properties) {
        Matcher userInfo = USER_INFO.matcher(url);
        boolean secured = userInfo.lookingAt();
        Map<String, String> all = new HashMap<>(properties);
        if (secured) {
            all.put(
                    BASIC,
                    URLDecoder.decode(
                            userInfo.group(2).replace("+", "%2B"), StandardCharsets.UTF_8));
        }
        this.url = secured ? userInfo.group(1) + url.substring(userInfo.end()) : url;
        this.properties = Map.copyOf(all);
        this.timeout = timeout;
        this.unknownIds = unknownIds;
        this.retries = new RegistryRetries(this.url, all.getOrDefault(BASIC, ""), timeout);
    }

    /** How many records in a row may have an unknown id before this is the registry's fault. */
    int unknownIds() {
        return unknownIds;
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
        return ask(
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
     * The schema a record was written with. Waits for an id that the registry does not know, as the
     * registry may be behind; for each id once.
     *
     * @throws RecordFormatException if the schema of this id is no Avro, or cannot be parsed
     * @throws UnknownSchemaException if the registry knows no schema of this id
     * @throws SchemaRegistryException if the registry stays unavailable
     */
    public Schema schema(int id) {
        Schema cached = schemas().get(id);
        if (cached != null) {
            return cached;
        }
        long deadline =
                System.nanoTime() + (awaited().contains(id) ? Duration.ZERO : timeout).toNanos();
        Duration pause = RegistryRetries.FIRST_PAUSE;
        while (true) {
            Optional<SchemaString> found = ask("fetch schema " + id, () -> fetch(id));
            if (found.isPresent()) {
                Schema parsed = parsed(id, found.get());
                schemas().put(id, parsed);
                return parsed;
            }
            if (System.nanoTime() + pause.toNanos() > deadline) {
                awaited().add(id);
                throw new UnknownSchemaException(
                        "the registry at " + url + " knows no schema with id " + id, null);
            }
            pause = retries.pause("know schema " + id, pause);
        }
    }

    private Optional<SchemaString> fetch(int id) throws IOException, RestClientException {
        try {
            return Optional.of(rest().getId(id));
        } catch (RestClientException e) {
            if (e.getStatus() == 404 || e.getErrorCode() == SCHEMA_NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private Schema parsed(int id, SchemaString found) {
        String type = Objects.requireNonNullElse(found.getSchemaType(), AvroSchema.TYPE);
        if (!type.equals(AvroSchema.TYPE)) {
            throw new RecordFormatException(
                    "its schema, of id " + id + ", is of type " + type + "; expected AVRO");
        }
        return client().parseSchema(type, found.getSchemaString(), found.getReferences())
                .map(schema -> ((AvroSchema) schema).rawSchema())
                .orElseThrow(
                        () ->
                                new RecordFormatException(
                                        "its schema, of id " + id + ", cannot be parsed as Avro"));
    }

    /**
     * Whether the registry has any schema under a subject.
     *
     * @throws SchemaRegistryException if the registry stays unavailable
     */
    public boolean knows(String subject) {
        return ask(
                "find subject " + subject,
                () -> {
                    try {
                        rest().getLatestVersion(subject);
                        return true;
                    } catch (RestClientException e) {
                        if (e.getStatus() == 404 || e.getErrorCode() == SUBJECT_NOT_FOUND) {
                            return false;
                        }
                        throw e;
                    }
                });
    }

    /** Sets which changes of a subject's schema are allowed, for instance BACKWARD. */
    public void requireCompatibility(String subject, String level) {
        ask(
                "set the compatibility of " + subject,
                () -> client().updateCompatibility(subject, level));
    }

    /** After a failure the next client reads its login again, which may have been renewed. */
    private <T> T ask(String what, RegistryRetries.Call<T> call) {
        try {
            return retries.run(what, call);
        } catch (SchemaRegistryException e) {
            synchronized (this) {
                client = null;
            }
            throw e;
        }
    }

    private IncompatibleSchemaException incompatible(
            String subject, AvroSchema schema, RestClientException refusal)
            throws IOException, RestClientException {
        Schema latest =
                new Schema.Parser().parse(client().getLatestSchemaMetadata(subject).getSchema());
        return new IncompatibleSchemaException(
                "the registry at "
                        + url
                        + " refuses the schema of "
                        + subject
                        + ": "
                        + SchemaDifferences.explained(schema.rawSchema(), latest, refusal),
                refusal);
    }

    private synchronized SchemaRegistryClient client() {
        SchemaRegistryClient current = client;
        if (current == null) {
            int millis = Math.toIntExact(timeout.toMillis());
            RestService service = new RestService(url);
            Map<String, Object> settings = new HashMap<>();
            Map<String, String> headers = new HashMap<>();
            properties.forEach(
                    (name, value) -> {
                        String resolved = SecretReferences.resolve("registry: " + name, value);
                        switch (name) {
                            case BASIC -> headers.put("Authorization", basic(resolved));
                            case BEARER -> headers.put("Authorization", "Bearer " + resolved);
                            default ->
                                    settings.put(
                                            SchemaRegistryClientConfig.CLIENT_NAMESPACE + name,
                                            resolved);
                        }
                    });
            settings.put(SchemaRegistryClientConfig.HTTP_CONNECT_TIMEOUT_MS, millis);
            settings.put(SchemaRegistryClientConfig.HTTP_READ_TIMEOUT_MS, millis);
            current =
                    new CachedSchemaRegistryClient(
                            service, CACHED_SCHEMAS_A_SUBJECT, settings, headers);
            rest = service;
            client = current;
        }
        return current;
    }

    /** By hand: the client's providers of credentials are services that its jar does not name. */
    private static String basic(String credentials) {
        byte[] bytes = credentials.getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(bytes);
    }

    /** What the client asks with: its time-outs and credentials are those of the client. */
    private synchronized RestService rest() {
        client(); // makes it, and sets them
        return Objects.requireNonNull(rest);
    }

    /** Ids that were waited for in vain. */
    private synchronized Set<Integer> awaited() {
        Set<Integer> current = awaited;
        if (current == null) {
            current = ConcurrentHashMap.newKeySet();
            awaited = current;
        }
        return current;
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
