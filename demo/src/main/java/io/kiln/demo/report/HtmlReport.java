package io.kiln.demo.report;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.operations.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Writes a run as one self-contained HTML file with styles, curve and images. Escapes text from
 * outside.
 */
public final class HtmlReport {
    private static final String TEMPLATE = "page.html";
    private static final String REFRESH = "<meta http-equiv=\"refresh\" content=\"5\">";

    /**
     * The parts of the page around the data of the run.
     *
     * @param title title of the page
     * @param summary one sentence below the title
     * @param figures key figures, in order
     * @param footer last line
     * @param running whether the run continues; the page then reloads itself
     */
    public record Frame(
            String title, String summary, List<Figure> figures, String footer, boolean running) {
        public Frame {
            figures = List.copyOf(figures);
        }
    }

    private final KilnConfig config;

    public HtmlReport(KilnConfig config) {
        this.config = config;
    }

    /**
     * Writes the page atomically.
     *
     * @param pictures verified reconstructions files by version
     * @throws IOException if a file cannot be read or written
     */
    public void write(Path file, Frame frame, RunSnapshot run, Map<Long, Path> pictures)
            throws IOException {
        AtomicFile.write(file, page(frame, run, pictures));
    }

    private String page(Frame frame, RunSnapshot run, Map<Long, Path> pictures) throws IOException {
        return Template.resource(TEMPLATE)
                .with("refresh", frame.running() ? REFRESH : "")
                .with("title", Html.escape(frame.title()))
                .with("summary", Html.escape(frame.summary()))
                .with("figures", figures(frame.figures()))
                .with("loss", LossCurve.of(run))
                .with("pictures", ReconstructionTable.of(run.events(), pictures, config.input()))
                .with("events", Tables.events(run.events()))
                .with("deadLetters", Tables.deadLetters(run.deadLetters()))
                .with("configuration", Tables.configuration(ConfigKeys.of(config)))
                .with("footer", Html.escape(frame.footer()))
                .text();
    }

    private static String figures(List<Figure> figures) {
        StringBuilder html = new StringBuilder();
        for (Figure figure : figures) {
            html.append("<div class=\"figure\"><b>")
                    .append(Html.escape(figure.value()))
                    .append("</b><span>")
                    .append(Html.escape(figure.label()))
                    .append("</span></div>");
        }
        return html.toString();
    }
}
