package io.kiln.cli.reference;

import io.kiln.config.ConfigKeys;
import io.kiln.config.ConfigKeys.Entry;
import io.kiln.config.KilnConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** docs/reference/configuration.md: every key with its default, range and purpose. */
final class ConfigurationPage {
    private ConfigurationPage() {}

    static String text() {
        Markdown page =
                new Markdown("Configuration")
                        .paragraph(
                                "Kiln reads one YAML file, which `--config` names. `--set key=value` overrides"
                                        + " a key. `kiln config` prints every key with its current value, and"
                                        + " `kiln config --yaml` writes a file to start from.")
                        .paragraph(
                                "An unknown key, or a value outside its range, is an error before anything"
                                        + " connects. Durations take a unit: `500ms`, `10s`, `5m`, `2h`, `7d`."
                                        + " Sizes do too: `64KiB`, `16MiB`.");
        sections()
                .forEach(
                        (section, entries) ->
                                page.heading(2, section)
                                        .table(
                                                List.of("Key", "Default", "Allowed", "Purpose"),
                                                entries.stream()
                                                        .map(ConfigurationPage::row)
                                                        .toList()));
        return page.text();
    }

    private static Map<String, List<Entry>> sections() {
        Map<String, List<Entry>> sections = new LinkedHashMap<>();
        for (Entry entry : ConfigKeys.of(KilnConfig.parse("", List.of()))) {
            String section = entry.path().substring(0, entry.path().indexOf('.'));
            sections.computeIfAbsent(section, s -> new ArrayList<>()).add(entry);
        }
        return sections;
    }

    private static List<String> row(Entry entry) {
        String fallback = entry.fallback().isEmpty() ? entry.value() : entry.fallback();
        return List.of(
                Markdown.code(entry.path()),
                Markdown.code(fallback),
                entry.allowed(),
                entry.about());
    }
}
