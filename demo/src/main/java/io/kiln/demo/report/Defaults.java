package io.kiln.demo.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.kiln.config.ConfigKeys.Entry;

/** Tells configuration values that were left alone from those that were not. */
public final class Defaults {
    private static final YAMLMapper YAML = new YAMLMapper();

    private Defaults() {}

    /** Whether a key holds its default, however the two are written. */
    public static boolean holds(Entry entry) {
        JsonNode value = node(entry.value());
        JsonNode fallback = node(entry.fallback());
        boolean numbers = value.isNumber() && fallback.isNumber();
        return numbers ? value.asDouble() == fallback.asDouble() : value.equals(fallback);
    }

    /** A value as a tree; empty text is an empty string. */
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
