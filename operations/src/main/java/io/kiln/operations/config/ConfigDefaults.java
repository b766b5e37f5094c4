package io.kiln.operations.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.kiln.config.ConfigKeys.Entry;

/** Compares configuration values with their defaults. */
public final class ConfigDefaults {
    private static final YAMLMapper YAML = new YAMLMapper();

    private ConfigDefaults() {}

    /** Whether a key has its default value; 0.60 and 0.6 are the same number. */
    public static boolean isDefault(Entry entry) {
        JsonNode value = node(entry.value());
        if (entry.fallback().isEmpty() && value.isContainerNode()) {
            return value.isEmpty();
        }
        JsonNode fallback = node(entry.fallback());
        boolean numbers = value.isNumber() && fallback.isNumber();
        return numbers ? value.asDouble() == fallback.asDouble() : value.equals(fallback);
    }

    /** A value written in YAML, parsed. Empty text gives an empty string. */
    public static JsonNode node(String yaml) {
        try {
            JsonNode node = YAML.readTree(yaml);
            return node == null || node.isMissingNode() || node.isNull()
                    ? YAML.getNodeFactory().textNode("")
                    : node;
        } catch (JsonProcessingException e) {
            return YAML.getNodeFactory().textNode(yaml);
        }
    }
}
