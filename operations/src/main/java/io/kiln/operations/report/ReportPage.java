package io.kiln.operations.report;

import io.kiln.operations.deadletters.DeadLetterRecord;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Runs as one self-contained HTML page with styles, charts and images, and without scripts. Escapes
 * text from outside.
 */
public final class ReportPage {
    private static final String TEMPLATE = "page.html";

    /**
     * The parts of the page around the data of the runs.
     *
     * @param title title of the page
     * @param summary below the title
     * @param figures key figures of a single run, in order; empty for those that follow from it
     * @param notes what could not be read, and other remarks
     * @param footer last line
     * @param refreshSeconds after how long the page loads itself anew; 0 for never
     */
    public record Frame(
            String title,
            String summary,
            List<Figure> figures,
            List<String> notes,
            String footer,
            int refreshSeconds) {
        public Frame {
            figures = List.copyOf(figures);
            notes = List.copyOf(notes);
        }
    }

    private ReportPage() {}

    /**
     * The page.
     *
     * @param runs at least one
     * @param deadLetters of their images
     * @throws IOException if a reconstructions file cannot be read
     */
    public static String html(
            Frame frame, List<RunHistory> runs, List<DeadLetterRecord> deadLetters)
            throws IOException {
        Charts charts = new Charts(runs);
        return Template.resource(TEMPLATE)
                .with("refresh", refresh(frame.refreshSeconds()))
                .with("kind", runs.size() == 1 ? "single" : "several")
                .with("title", Html.escape(frame.title()))
                .with("summary", Html.escape(frame.summary()))
                .with("notes", notes(frame.notes()))
                .with("figures", runs.size() == 1 ? figures(frame, runs.get(0)) : table(runs))
                .with("loss", charts.loss())
                .with("holdout", charts.holdout())
                .with("rank", charts.rank())
                .with("drift", charts.drift())
                .with("learningRate", charts.learningRate())
                .with("gradientNorm", charts.gradientNorm())
                .with("throughput", charts.throughput())
                .with("waiting", charts.waiting())
                .with("pictures", pictures(runs))
                .with("events", ofEach(runs, EventTable::of))
                .with("deadLetters", DeadLetterTable.of(deadLetters))
                .with("configuration", ConfigurationTable.of(runs))
                .with("footer", Html.escape(frame.footer()))
                .text();
    }

    private static String refresh(int seconds) {
        return seconds > 0 ? "<meta http-equiv=\"refresh\" content=\"" + seconds + "\">" : "";
    }

    private static String notes(List<String> notes) {
        return notes.stream()
                .map(note -> "<p class=\"note\">" + Html.escape(note) + "</p>")
                .collect(Collectors.joining());
    }

    private static String table(List<RunHistory> runs) {
        return "<section>" + RunTable.of(runs) + "</section>";
    }

    private static String figures(Frame frame, RunHistory run) {
        List<Figure> figures = frame.figures().isEmpty() ? RunTable.figures(run) : frame.figures();
        return figures.stream()
                .map(
                        figure ->
                                "<div class=\"figure\"><b>"
                                        + Html.escape(figure.value())
                                        + "</b><span>"
                                        + Html.escape(figure.label())
                                        + "</span></div>")
                .collect(Collectors.joining("", "<div class=\"figures\">", "</div>"));
    }

    private static String pictures(List<RunHistory> runs) throws IOException {
        StringBuilder html = new StringBuilder();
        for (int i = 0; i < runs.size(); i++) {
            html.append(heading(runs, i)).append(ReconstructionTable.of(runs.get(i)));
        }
        return html.toString();
    }

    private static String ofEach(
            List<RunHistory> runs, java.util.function.Function<RunHistory, String> part) {
        return IntStream.range(0, runs.size())
                .mapToObj(i -> heading(runs, i) + part.apply(runs.get(i)))
                .collect(Collectors.joining());
    }

    private static String heading(List<RunHistory> runs, int run) {
        return runs.size() == 1
                ? ""
                : "<h3><i class=\"swatch run"
                        + run
                        + "\"></i> "
                        + Html.escape(runs.get(run).name().toString())
                        + "</h3>";
    }
}
