package io.kiln.operations.report;

import io.kiln.operations.report.Reconstructions.Column;
import io.kiln.schemas.CheckpointEvent;
import java.io.IOException;
import java.nio.file.Path;
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

    /** The events whose pictures are shown, of those that have some. */
    static List<CheckpointEvent> shown(List<CheckpointEvent> withPictures) {
        return Spread.over(withPictures, MAX_COLUMNS);
    }

    static String of(RunHistory run) throws IOException {
        Map<CheckpointEvent, Reconstructions> columns = new LinkedHashMap<>();
        for (CheckpointEvent event :
                shown(
                        run.events().stream()
                                .filter(e -> run.pictures().containsKey(e.getVersion()))
                                .toList())) {
            Path file = run.pictures().get(event.getVersion());
            if (file != null) {
                columns.put(
                        event,
                        Reconstructions.read(
                                file, event.getInput().getWidth(), event.getInput().getHeight()));
            }
        }
        return columns.isEmpty()
                ? "<p class=\"quiet\">No checkpoint with pictures yet.</p>"
                : table(columns, List.copyOf(columns.values()));
    }

    private static String table(
            Map<CheckpointEvent, Reconstructions> columns, List<Reconstructions> sheets) {
        StringBuilder html =
                new StringBuilder(
                        "<div class=\"wide\"><table class=\"pictures\"><tr><th>input</th><th>masked</th>");
        int column = 0;
        for (CheckpointEvent event : columns.keySet()) {
            html.append("<th")
                    .append(style(column++, columns.size()))
                    .append(">v")
                    .append(event.getVersion())
                    .append("<br>step ")
                    .append(Numbers.grouped(event.getStep()))
                    .append("</th>");
        }
        html.append("</tr>");
        Reconstructions last = sheets.get(sheets.size() - 1);
        int rows = sheets.stream().mapToInt(Reconstructions::rows).min().orElse(0);
        for (int row = 0; row < rows; row++) {
            html.append("<tr>");
            cell(html, "", last.picture(row, Column.INPUT), "input");
            cell(html, " class=\"apart\"", last.picture(row, Column.MASKED), "masked input");
            for (column = 0; column < sheets.size(); column++) {
                cell(
                        html,
                        style(column, sheets.size()),
                        sheets.get(column).picture(row, Column.RECONSTRUCTED),
                        "reconstruction");
            }
            html.append("</tr>");
        }
        return html.append("</table></div>").toString();
    }

    /** A phone has room for the first, the middle and the last. */
    private static String style(int column, int columns) {
        boolean stays = column == 0 || column == columns / 2 || column == columns - 1;
        return stays ? "" : " class=\"more\"";
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
}
