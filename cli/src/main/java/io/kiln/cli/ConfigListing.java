package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.config.ConfigKeys.Entry;
import io.kiln.demo.report.Defaults;
import io.kiln.operations.console.Json;
import java.util.List;

/** The configuration keys as text, JSON or YAML. */
final class ConfigListing {
    private static final String INDENT = "  ";

    private ConfigListing() {}

    /** Two lines a key; a star marks what is not the default. */
    static String text(List<Entry> entries) {
        StringBuilder text = new StringBuilder();
        for (Entry entry : entries) {
            boolean changed = !Defaults.holds(entry);
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
                    .<ObjectNode>set("value", Defaults.node(entry.value()))
                    .<ObjectNode>set("default", Defaults.node(entry.fallback()))
                    .put("allowed", entry.allowed())
                    .put("about", entry.about());
        }
        return Json.pretty(array);
    }

    /** A configuration file that puts in force what is in force, with comments. */
    static String yaml(List<Entry> entries) {
        StringBuilder text = new StringBuilder();
        List<String> open = List.of();
        for (Entry entry : entries) {
            List<String> path = List.of(entry.path().split("\\."));
            List<String> sections = path.subList(0, path.size() - 1);
            for (int depth = 0; depth < sections.size(); depth++) {
                boolean isOpen =
                        open.size() > depth
                                && open.subList(0, depth + 1)
                                        .equals(sections.subList(0, depth + 1));
                if (!isOpen) {
                    text.append(
                            String.format("%s%s:%n", INDENT.repeat(depth), sections.get(depth)));
                }
            }
            open = sections;
            String indent = INDENT.repeat(sections.size());
            text.append(String.format("%s# %s; %s%n", indent, entry.about(), entry.allowed()))
                    .append(
                            String.format(
                                    "%s%s: %s%n",
                                    indent, path.get(path.size() - 1), entry.value()));
        }
        return text.toString();
    }
}
