package io.kiln.operations.report;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.OffsetRange;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The checkpoint events of a run and its interruptions, in the order of the steps. */
final class EventTable {
    /** How many rows are shown; the newest ones. */
    private static final int MOST = 100;

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    private record Row(long step, Instant time, @Nullable CheckpointEvent event, String words) {}

    private EventTable() {}

    static String of(RunHistory run) {
        List<Row> rows = rows(run);
        if (rows.isEmpty()) {
            return "<p class=\"quiet\">None yet.</p>";
        }
        boolean measured = !run.evaluations().isEmpty();
        List<String> headings = new ArrayList<>(List.of("version", "step", "images seen", "loss"));
        if (measured) {
            headings.addAll(List.of("held out", "rank"));
        }
        headings.addAll(List.of("time (UTC)", "status", "contents"));
        HtmlTable table = new HtmlTable("lines", headings);
        List<Row> shown = rows.subList(Math.max(0, rows.size() - MOST), rows.size());
        for (Row row : shown) {
            CheckpointEvent event = row.event();
            if (event == null) {
                table.row("interrupted").cell("↻").cell(Numbers.grouped(row.step()));
                table.span(headings.size() - 2, row.words());
            } else {
                event(table.row(), event, measured, run.evaluations().get(event.getVersion()));
            }
        }
        int left = rows.size() - shown.size();
        return table.html()
                + (left == 0 ? "" : "<p class=\"quiet\">and " + left + " older ones</p>");
    }

    private static List<Row> rows(RunHistory run) {
        List<Row> rows = new ArrayList<>();
        run.events().forEach(e -> rows.add(new Row(e.getStep(), e.getCreatedAt(), e, "")));
        run.interruptions().forEach(i -> rows.add(new Row(i.step(), i.at(), null, words(i))));
        rows.sort(Comparator.comparingLong(Row::step).thenComparing(Row::time));
        return rows;
    }

    /** An interruption as a sentence. */
    static String words(Interruption interruption) {
        String away = seconds(interruption.away());
        return interruption.lostSteps() > 0
                ? String.format(
                        Locale.ROOT,
                        "recovered after a failure: %,d steps taken again from step %,d on, %s later",
                        interruption.lostSteps(),
                        interruption.step() + 1,
                        away)
                : String.format(
                        Locale.ROOT,
                        "resumed after step %,d after %s without training; no step was lost",
                        interruption.step(),
                        away);
    }

    private static String seconds(Duration time) {
        long seconds = Math.max(1, Math.round(time.toMillis() / 1e3));
        return seconds < 120
                ? seconds + " s"
                : seconds < 7200
                        ? Math.round(seconds / 60.0) + " min"
                        : Math.round(seconds / 3600.0) + " h";
    }

    private static void event(
            HtmlTable table,
            CheckpointEvent event,
            boolean measured,
            @Nullable Evaluation evaluation) {
        table.cell("v" + event.getVersion())
                .cell(Numbers.grouped(event.getStep()))
                .cell(Numbers.grouped(event.getSamplesSeen()))
                .cell(Numbers.figure(event.getTrainingLoss()));
        if (measured) {
            Double rank = evaluation == null ? null : evaluation.getAnchors().getEffectiveRank();
            table.cell(
                            Numbers.figure(
                                    evaluation == null ? null : evaluation.getAnchors().getLoss()))
                    .cell(rank == null ? "–" : String.format(Locale.ROOT, "%.1f", rank));
        }
        String contents =
                event.getOffsets().stream().map(EventTable::offsets).collect(Collectors.joining())
                        + event.getFiles().stream()
                                .map(EventTable::file)
                                .collect(Collectors.joining());
        table.cell(TIME.format(event.getCreatedAt()))
                .cell(event.getStatus().name().toLowerCase(Locale.ROOT))
                .markup(
                        String.format(
                                Locale.ROOT,
                                "<details><summary>%d files</summary>%s</details>",
                                event.getFiles().size(),
                                contents));
    }

    private static String offsets(OffsetRange range) {
        return String.format(
                Locale.ROOT,
                "<div>has seen %s partition %d, offsets %d to %d</div>",
                Html.escape(range.getTopic()),
                range.getPartition(),
                range.getFirst(),
                range.getLast());
    }

    private static String file(CheckpointFile file) {
        String name = file.getUri().substring(file.getUri().lastIndexOf('/') + 1);
        return "<div><code title=\""
                + Html.escape(file.getUri() + " SHA-256 " + file.getSha256())
                + "\">"
                + Html.escape(name)
                + "</code> "
                + Html.escape(size(file.getBytes()))
                + "</div>";
    }

    private static String size(long bytes) {
        return bytes < 1024 * 1024
                ? String.format(Locale.ROOT, "%.0f KiB", Math.ceil(bytes / 1024.0))
                : String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }
}
