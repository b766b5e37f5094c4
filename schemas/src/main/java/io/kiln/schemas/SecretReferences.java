package io.kiln.schemas;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.AbstractConfig;

/**
 * References to secrets that stand elsewhere: {@code ${file:/path}} is the text of a file, without
 * the line end behind it; {@code ${env:NAME}} is a variable of the environment.
 *
 * <p>A reference is resolved by the process that opens a connection, at that moment. Until then it
 * is passed on as it stands, so a serialized job, a log or a list of processes holds no secret.
 */
public final class SecretReferences {
    /** Its key where Kafka resolves it, its kind, its name. */
    private static final Pattern REFERENCE =
            Pattern.compile("\\$\\{(?:kiln:([^:}]*):)?(file|env):([^}]*)}");

    private static final long MAX_FILE_BYTES = 64 * 1024;

    /** The name of {@link SecretProvider} in the properties of a client. */
    private static final String PROVIDER = "kiln";

    private SecretReferences() {}

    /**
     * Lets Kafka's client resolve the references in its properties when it is made, by way of a
     * {@link SecretProvider}. References to a provider of the user's own, which config.providers
     * names, stay as they are.
     *
     * @param properties of a client; those that this method has returned stay as they are
     */
    public static Map<String, Object> late(Map<String, ?> properties) {
        String own = String.valueOf(properties.get(AbstractConfig.CONFIG_PROVIDERS_CONFIG));
        List<String> owned = Arrays.asList(own.split("[,\\s]+"));
        Map<String, Object> late = new HashMap<>(properties);
        late.replaceAll(
                (name, value) ->
                        value instanceof String text
                                ? marked("kafka.properties." + name, text, owned)
                                : value);
        if (!late.equals(properties)) {
            late.merge(
                    AbstractConfig.CONFIG_PROVIDERS_CONFIG, PROVIDER, (all, us) -> all + "," + us);
            late.put(
                    AbstractConfig.CONFIG_PROVIDERS_CONFIG + "." + PROVIDER + ".class",
                    SecretProvider.class.getName());
        }
        return late;
    }

    /** Each reference in the form that Kafka resolves: provider, path (our key), key (our rest). */
    private static String marked(String key, String text, List<String> owned) {
        Matcher found = REFERENCE.matcher(text);
        return found.replaceAll(
                reference -> {
                    if (reference.group(1) != null || owned.contains(reference.group(2))) {
                        return Matcher.quoteReplacement(reference.group());
                    }
                    boolean part = reference.end() - reference.start() < text.length();
                    String path = part && isLogin(key) ? key + SecretProvider.QUOTED : key;
                    String rest = reference.group(2) + ":" + reference.group(3);
                    return Matcher.quoteReplacement(
                            "${" + PROVIDER + ":" + path + ":" + rest + "}");
                });
    }

    private static boolean isLogin(String key) {
        return key.endsWith("sasl.jaas.config");
    }

    /**
     * Resolves the references in a value now.
     *
     * @param key of the value, for messages
     * @throws SecretReferenceException if one of them cannot be resolved
     */
    public static String resolve(String key, String value) {
        return REFERENCE
                .matcher(value)
                .replaceAll(
                        reference ->
                                Matcher.quoteReplacement(
                                        value(key, reference.group(2), reference.group(3))));
    }

    /** Whether a value is a reference, and nothing else. */
    static boolean isReference(String value) {
        return REFERENCE.matcher(value).matches();
    }

    /**
     * The value of one reference.
     *
     * @param kind file or env
     */
    static String value(String key, String kind, String name) {
        String found = kind.equals("file") ? file(key, name) : variable(key, name);
        if (found.isEmpty()) {
            throw refused(key, kind, name, "is empty");
        }
        return found;
    }

    private static String variable(String key, String name) {
        String found = System.getenv(name);
        if (found == null) {
            throw refused(key, "env", name, "is not set in the environment of this process");
        }
        return found;
    }

    private static String file(String key, String name) {
        Path file = Path.of(name);
        if (!file.isAbsolute()) {
            throw refused(
                    key, "file", name, "is a relative path; expected one that begins with a slash");
        }
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw refused(key, "file", name, "is larger than 64 KiB, too large for a secret");
            }
            return Files.readString(file).replaceFirst("\\R\\z", "");
        } catch (NoSuchFileException e) {
            throw refused(key, "file", name, "does not exist, or this process cannot see it");
        } catch (AccessDeniedException e) {
            throw refused(
                    key, "file", name, "cannot be read by user " + System.getProperty("user.name"));
        } catch (CharacterCodingException e) {
            throw refused(key, "file", name, "is not text in UTF-8");
        } catch (IOException e) {
            throw refused(key, "file", name, "cannot be read (" + e.getMessage() + ")");
        }
    }

    private static SecretReferenceException refused(
            String key, String kind, String name, String problem) {
        return new SecretReferenceException(
                key
                        + ": ${"
                        + kind
                        + ":"
                        + name
                        + "} "
                        + problem
                        + " (process "
                        + ManagementFactory.getRuntimeMXBean().getName()
                        + ")");
    }
}
