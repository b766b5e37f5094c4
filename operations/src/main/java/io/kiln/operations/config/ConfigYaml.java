package io.kiln.operations.config;

import io.kiln.config.ConfigKeys.Entry;
import java.util.List;
import java.util.SortedMap;

/** Writes a configuration as a YAML file. */
public final class ConfigYaml {
    private static final String INDENT = "  ";

    private ConfigYaml() {}

    /**
     * The text of a file that, read again, gives the same configuration, with a comment above each
     * key.
     *
     * @param entries all keys, those of a section side by side
     */
    public static String of(List<Entry> entries) {
        StringBuilder text = new StringBuilder();
        List<String> open = List.of();
        for (Entry entry : entries) {
            open = openSections(text, open, entry.path());
            String indent = INDENT.repeat(open.size());
            text.append(String.format("%s# %s; %s%n", indent, entry.about(), entry.allowed()));
            append(text, entry.path(), entry.value());
        }
        return text.toString();
    }

    /**
     * The text of a file with these keys alone, whatever they are.
     *
     * @param values as written in YAML, by dotted names
     */
    public static String of(SortedMap<String, String> values) {
        StringBuilder text = new StringBuilder();
        List<String> open = List.of();
        for (var entry : values.entrySet()) {
            open = openSections(text, open, entry.getKey());
            append(text, entry.getKey(), entry.getValue());
        }
        return text.toString();
    }

    private static void append(StringBuilder text, String key, String value) {
        List<String> path = List.of(key.split("\\."));
        text.append(
                String.format(
                        "%s%s: %s%n",
                        INDENT.repeat(path.size() - 1), path.get(path.size() - 1), value));
    }

    /** Writes the headings of the key's sections that are not open yet; returns all of them. */
    private static List<String> openSections(StringBuilder text, List<String> open, String key) {
        List<String> path = List.of(key.split("\\."));
        List<String> sections = path.subList(0, path.size() - 1);
        for (int depth = 0; depth < sections.size(); depth++) {
            List<String> outer = sections.subList(0, depth + 1);
            boolean isOpen = open.size() > depth && open.subList(0, depth + 1).equals(outer);
            if (!isOpen) {
                text.append(String.format("%s%s:%n", INDENT.repeat(depth), sections.get(depth)));
            }
        }
        return sections;
    }
}
