package io.kiln.demo.report;

import io.kiln.config.InputConfig;
import io.kiln.demo.report.Reconstructions.Column;
import io.kiln.schemas.CheckpointEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reconstructions over time: one row per image; the input, the masked input, one column per
 * checkpoint.
 */
final class ReconstructionTable {
    private static final int MAX_COLUMNS = 6;

    private ReconstructionTable() {}

    /**
     * Builds the table.
     *
     * @param files reconstructions files by version
     */
    static String of(List<CheckpointEvent> events, Map<Long, Path> files, InputConfig input)
            throws IOException {
        Map<CheckpointEvent, Reconstructions> columns = new LinkedHashMap<>();
        for (CheckpointEvent event :
                spread(events.stream().filter(e -> files.containsKey(e.getVersion())).toList())) {
            Path file = files.get(event.getVersion());
            if (file != null) {
                columns.put(event, Reconstructions.read(file, input.width(), input.height()));
            }
        }
        return columns.isEmpty()
                ? "<p class=\"quiet\">No checkpoint yet.</p>"
                : table(columns, List.copyOf(columns.values()));
    }

    private static String table(
            Map<CheckpointEvent, Reconstructions> columns, List<Reconstructions> sheets) {
        StringBuilder html =
                new StringBuilder("<table class=\"pictures\"><tr><th>input</th><th>masked</th>");
        columns.keySet()
                .forEach(
                        event ->
                                html.append("<th>v")
                                        .append(event.getVersion())
                                        .append("<br>step ")
                                        .append(event.getStep())
                                        .append("</th>"));
        html.append("</tr>");
        Reconstructions last = sheets.get(sheets.size() - 1);
        int rows = sheets.stream().mapToInt(Reconstructions::rows).min().orElse(0);
        for (int row = 0; row < rows; row++) {
            html.append("<tr>");
            cell(html, "", last.picture(row, Column.INPUT), "input");
            cell(html, " class=\"apart\"", last.picture(row, Column.MASKED), "masked input");
            for (Reconstructions sheet : sheets) {
                cell(html, "", sheet.picture(row, Column.RECONSTRUCTED), "reconstruction");
            }
            html.append("</tr>");
        }
        return html.append("</table>").toString();
    }

    private static void cell(StringBuilder html, String attributes, String uri, String alt) {
        html.append("<td")
                .append(attributes)
                .append("><img alt=\"")
                .append(alt)
                .append("\" src=\"")
                .append(uri)
                .append("\"></td>");
    }

    /**
     * At most {@value #MAX_COLUMNS} of the events, evenly spread, the first and the last among
     * them.
     */
    private static List<CheckpointEvent> spread(List<CheckpointEvent> events) {
        if (events.size() <= MAX_COLUMNS) {
            return events;
        }
        List<CheckpointEvent> chosen = new ArrayList<>();
        for (int i = 0; i < MAX_COLUMNS; i++) {
            chosen.add(events.get((int) Math.round(i * (events.size() - 1.0) / (MAX_COLUMNS - 1))));
        }
        return chosen;
    }
}
