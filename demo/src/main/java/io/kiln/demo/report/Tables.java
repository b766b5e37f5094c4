package io.kiln.demo.report;

import io.kiln.config.ConfigKeys;
import io.kiln.operations.config.ConfigDefaults;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.OffsetRange;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The tables of the report. */
final class Tables {
    private static final int MAX_DEAD_LETTERS = 200;

    private Tables() {}

    static String events(List<CheckpointEvent> events) {
        if (events.isEmpty()) {
            return "<p class=\"quiet\">None yet.</p>";
        }
        StringBuilder html =
                new StringBuilder(
                        "<table><tr><th>version</th><th>step</th><th>images seen</th><th>mean loss since"
                                + " the last</th><th>offsets seen</th><th>files</th></tr>");
        for (CheckpointEvent event : events) {
            Double loss = event.getTrainingLoss();
            html.append("<tr>");
            cell(html, "v" + event.getVersion());
            cell(html, Long.toString(event.getStep()));
            cell(html, Long.toString(event.getSamplesSeen()));
            cell(html, loss == null ? "–" : String.format(Locale.ROOT, "%.3f", loss));
            html.append("<td class=\"line\">")
                    .append(
                            event.getOffsets().stream()
                                    .map(Tables::offsets)
                                    .collect(Collectors.joining("<br>")))
                    .append("</td><td class=\"line\">")
                    .append(
                            event.getFiles().stream()
                                    .map(Tables::file)
                                    .collect(Collectors.joining("<br>")))
                    .append("</td></tr>");
        }
        return html.append("</table>").toString();
    }

    private static String offsets(OffsetRange range) {
        return Html.escape(
                range.getTopic()
                        + "/"
                        + range.getPartition()
                        + ": "
                        + range.getFirst()
                        + "–"
                        + range.getLast());
    }

    private static String file(CheckpointFile file) {
        String name = file.getUri().substring(file.getUri().lastIndexOf('/') + 1);
        return "<code title=\""
                + Html.escape(file.getUri() + " SHA-256 " + file.getSha256())
                + "\">"
                + Html.escape(name)
                + "</code> "
                + Html.escape(size(file.getBytes()));
    }

    static String deadLetters(List<DeadLetterRecord> letters) {
        if (letters.isEmpty()) {
            return "<p class=\"quiet\">None: every image could be used.</p>";
        }
        StringBuilder html =
                new StringBuilder("<table><tr><th>image</th><th>reason</th><th></th></tr>");
        for (DeadLetterRecord letter :
                letters.subList(0, Math.min(letters.size(), MAX_DEAD_LETTERS))) {
            html.append("<tr><td><code title=\"")
                    .append(Html.escape(letter.source()))
                    .append("\">")
                    .append(Html.escape(letter.name()))
                    .append("</code></td>");
            cell(html, letter.reason());
            cell(html, letter.detail());
            html.append("</tr>");
        }
        html.append("</table>");
        if (letters.size() > MAX_DEAD_LETTERS) {
            html.append("<p class=\"quiet\">and ")
                    .append(letters.size() - MAX_DEAD_LETTERS)
                    .append(" more</p>");
        }
        return html.toString();
    }

    static String configuration(List<ConfigKeys.Entry> entries) {
        StringBuilder html =
                new StringBuilder("<table><tr><th>key</th><th>in force</th><th>meaning</th></tr>");
        for (ConfigKeys.Entry entry : entries) {
            boolean changed = !ConfigDefaults.isDefault(entry);
            html.append(changed ? "<tr class=\"changed\"><td><code>" : "<tr><td><code>")
                    .append(Html.escape(entry.path()))
                    .append("</code></td><td><code>")
                    .append(Html.escape(entry.value()))
                    .append("</code></td><td class=\"quiet\">")
                    .append(Html.escape(entry.about()))
                    .append("</td></tr>");
        }
        return html.append("</table>").toString();
    }

    private static String size(long bytes) {
        return bytes < 1024 * 1024
                ? String.format(Locale.ROOT, "%.0f KiB", Math.ceil(bytes / 1024.0))
                : String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }

    private static void cell(StringBuilder html, String text) {
        html.append("<td>").append(Html.escape(text)).append("</td>");
    }
}
