package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.config.ConfigKeys.Entry;
import io.kiln.operations.config.ConfigDefaults;
import io.kiln.operations.console.Json;
import java.util.List;

/** The configuration keys as text or JSON. */
final class ConfigListing {
    private ConfigListing() {}

    /** Three lines per key. An asterisk marks values that differ from the default. */
    static String text(List<Entry> entries) {
        StringBuilder text = new StringBuilder();
        for (Entry entry : entries) {
            boolean changed = !ConfigDefaults.isDefault(entry);
            text.append(
                            String.format(
                                    "%s %s: %s%n",
                                    changed ? "*" : " ", entry.path(), entry.value()))
                    .append(String.format("      %s%n", entry.about()))
                    .append(
                            String.format(
                                    "      %s%s%n",
                                    entry.allowed(),
                                    changed
                                            ? "; default " + shown(entry.fallback())
                                            : "; this is the default"));
        }
        return text.append(String.format("%n* differs from the default%n")).toString();
    }

    private static String shown(String fallback) {
        return fallback.isEmpty() ? "\"\"" : fallback;
    }

    /** An array of objects with the fields key, value, default, allowed, about. */
    static String json(List<Entry> entries) {
        ArrayNode array = Json.MAPPER.createArrayNode();
        for (Entry entry : entries) {
            array.addObject()
                    .put("key", entry.path())
                    .<ObjectNode>set("value", ConfigDefaults.node(entry.value()))
                    .<ObjectNode>set("default", ConfigDefaults.node(entry.fallback()))
                    .put("allowed", entry.allowed())
                    .put("about", entry.about());
        }
        return Json.pretty(array);
    }
}
