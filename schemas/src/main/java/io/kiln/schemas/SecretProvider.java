package io.kiln.schemas;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigData;
import org.apache.kafka.common.config.provider.ConfigProvider;

/**
 * Resolves references to secrets while Kafka makes a client: see {@link SecretReferences#late}. The
 * path is the configured key, and the key is what the reference holds.
 */
public final class SecretProvider implements ConfigProvider {
    /**
     * Behind the path of a reference that is part of a login module's line, between double quotes:
     * there, quotes, backslashes and line ends of the secret are escaped.
     */
    static final String QUOTED = " (quoted)";

    @Override
    public void configure(Map<String, ?> configs) {
        // Nothing to configure.
    }

    @Override
    public ConfigData get(String path) {
        return new ConfigData(Map.of());
    }

    /**
     * @throws SecretReferenceException if a reference cannot be resolved
     */
    @Override
    public ConfigData get(String path, Set<String> keys) {
        boolean quoted = path.endsWith(QUOTED);
        String key = quoted ? path.substring(0, path.length() - QUOTED.length()) : path;
        Map<String, String> values = new HashMap<>();
        for (String reference : keys) {
            String[] parts = reference.split(":", 2);
            String value = SecretReferences.value(key, parts[0], parts[1]);
            values.put(reference, quoted ? escaped(value) : value);
        }
        return new ConfigData(values);
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n")
                .replace("\r", "\\r");
    }

    @Override
    public void close() {
        // Nothing to close.
    }
}
