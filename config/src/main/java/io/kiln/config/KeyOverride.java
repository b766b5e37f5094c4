package io.kiln.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One {@code --set section.key=value}. What follows the key of a map is one name of the map, dots
 * included, and its value is taken as it stands: {@code kafka.properties.security.protocol=SSL}.
 * Any other value is read as YAML.
 */
final class KeyOverride {
    private KeyOverride() {}

    /**
     * Puts the value into a tree.
     *
     * @throws ConfigException if the text has no key or no value; the message leaves the value out
     */
    static void apply(String override, ObjectNode tree) {
        int equals = override.indexOf('=');
        if (equals <= 0) {
            throw new ConfigException(
                    "--set "
                            + Secrets.keyOf(override)
                            + ": expected section.key=value, such as masking.maskRatio=0.75");
        }
        String value = override.substring(equals + 1);
        List<String> path = List.of(key(override).split("\\."));
        ObjectNode section = tree;
        Optional<Class<?>> type = Optional.of(KilnConfig.class);
        for (int i = 0; i < path.size() - 1; i++) {
            section = section(section, path.get(i));
            String name = path.get(i);
            type = type.flatMap(record -> component(record, name));
            if (type.isPresent() && type.get() == Map.class) {
                section.set(
                        String.join(".", path.subList(i + 1, path.size())), new TextNode(value));
                return;
            }
        }
        section.set(path.get(path.size() - 1), parsed(path, value));
    }

    /** What stands before the equals sign. */
    static String key(String override) {
        return override.substring(0, override.indexOf('=')).trim();
    }

    private static JsonNode parsed(List<String> path, String value) {
        try {
            return YamlText.value(value);
        } catch (ConfigException e) {
            throw new ConfigException("--set " + String.join(".", path) + ": " + e.getMessage());
        }
    }

    private static ObjectNode section(ObjectNode parent, String name) {
        return parent.get(name) instanceof ObjectNode section ? section : parent.putObject(name);
    }

    private static Optional<Class<?>> component(Class<?> record, String name) {
        return record.isRecord()
                ? Arrays.stream(record.getRecordComponents())
                        .filter(component -> component.getName().equals(name))
                        .<Class<?>>map(RecordComponent::getType)
                        .findFirst()
                : Optional.empty();
    }
}
