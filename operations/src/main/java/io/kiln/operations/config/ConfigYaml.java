package io.kiln.operations.config;

import io.kiln.config.ConfigKeys.Entry;
import java.util.List;

/** Writes a configuration as a YAML file with a comment above each key. */
public final class ConfigYaml {
    private static final String INDENT = "  ";

    private ConfigYaml() {}

    /**
     * The text of a file that, read again, gives the same configuration.
     *
     * @param entries all keys, those of a section side by side
     */
    public static String of(List<Entry> entries) {
        StringBuilder text = new StringBuilder();
        List<String> open = List.of();
        for (Entry entry : entries) {
            List<String> path = List.of(entry.path().split("\\."));
            List<String> sections = path.subList(0, path.size() - 1);
            openSections(text, open, sections);
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

    /** Writes the headings of the sections that are not open yet. */
    private static void openSections(StringBuilder text, List<String> open, List<String> sections) {
        for (int depth = 0; depth < sections.size(); depth++) {
            List<String> path = sections.subList(0, depth + 1);
            boolean isOpen = open.size() > depth && open.subList(0, depth + 1).equals(path);
            if (!isOpen) {
                text.append(String.format("%s%s:%n", INDENT.repeat(depth), sections.get(depth)));
            }
        }
    }
}
