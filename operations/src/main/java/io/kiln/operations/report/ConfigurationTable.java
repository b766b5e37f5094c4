package io.kiln.operations.report;

import io.kiln.config.ConfigKeys;
import io.kiln.operations.config.ConfigDefaults;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The configuration of each run. What differs from its default is marked, and what differs between
 * the runs.
 */
final class ConfigurationTable {
    private ConfigurationTable() {}

    static String of(List<RunHistory> runs) {
        List<String> headings = new ArrayList<>(List.of("key"));
        runs.forEach(run -> headings.add(runs.size() == 1 ? "in force" : run.name().toString()));
        headings.add("default");
        HtmlTable table = new HtmlTable("texts", headings);
        List<Map<String, ConfigKeys.Entry>> values = runs.stream().map(r -> byPath(r)).toList();
        for (ConfigKeys.Entry key : keys(values)) {
            List<ConfigKeys.Entry> entries =
                    values.stream().map(v -> v.getOrDefault(key.path(), unknown(key))).toList();
            boolean changed =
                    entries.stream().anyMatch(e -> isKnown(e) && !ConfigDefaults.isDefault(e));
            table.row(style(changed, differ(entries)))
                    .markup(
                            "<code>"
                                    + Html.escape(key.path())
                                    + "</code><div class=\"quiet\">"
                                    + Html.escape(key.about())
                                    + "</div>");
            entries.forEach(entry -> table.markup(code(entry.value())));
            table.markup(code(key.fallback()));
        }
        return table.html();
    }

    private static Map<String, ConfigKeys.Entry> byPath(RunHistory run) {
        Map<String, ConfigKeys.Entry> byPath = new LinkedHashMap<>();
        run.configuration().forEach(entry -> byPath.put(entry.path(), entry));
        return byPath;
    }

    /** All keys, in the order of the run that has most of them. */
    private static List<ConfigKeys.Entry> keys(List<Map<String, ConfigKeys.Entry>> values) {
        Map<String, ConfigKeys.Entry> keys = new LinkedHashMap<>();
        values.stream()
                .sorted((a, b) -> b.size() - a.size())
                .forEach(v -> v.forEach(keys::putIfAbsent));
        return List.copyOf(keys.values());
    }

    private static ConfigKeys.Entry unknown(ConfigKeys.Entry key) {
        return new ConfigKeys.Entry(
                key.path(), key.about(), key.fallback(), key.allowed(), "unknown");
    }

    private static boolean isKnown(ConfigKeys.Entry entry) {
        return !entry.value().equals("unknown");
    }

    private static boolean differ(List<ConfigKeys.Entry> entries) {
        Set<String> values = new HashSet<>();
        entries.stream().filter(e -> isKnown(e)).forEach(e -> values.add(e.value()));
        return values.size() > 1;
    }

    private static String style(boolean changed, boolean differs) {
        return differs ? (changed ? "changed differs" : "differs") : changed ? "changed" : "";
    }

    private static String code(String value) {
        return "<code>" + Html.escape(value) + "</code>";
    }
}
