package io.kiln.operations.report;

import io.kiln.schemas.Evaluation;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The key figures of runs: of one as tiles, of several side by side. */
final class RunTable {
    private RunTable() {}

    /** One row a run. */
    static String of(List<RunHistory> runs) {
        HtmlTable table =
                new HtmlTable(
                        "lines",
                        List.of(
                                "run",
                                "step",
                                "images seen",
                                "first loss",
                                "last loss",
                                "held out, best",
                                "images/s",
                                "versions",
                                "interruptions"));
        for (int i = 0; i < runs.size(); i++) {
            RunHistory run = runs.get(i);
            table.row()
                    .markup(
                            "<i class=\"swatch run"
                                    + i
                                    + "\"></i> "
                                    + Html.escape(run.name().toString()))
                    .cell(Numbers.grouped(run.step()))
                    .cell(Numbers.grouped(run.samplesSeen()))
                    .cell(Numbers.figure(run.firstLoss()))
                    .cell(Numbers.figure(run.lastLoss()))
                    .cell(best(run).map(RunTable::words).orElse("–"))
                    .cell(String.format(Locale.ROOT, "%.0f", run.imagesPerSecond()))
                    .cell(Numbers.grouped(run.events().size()))
                    .cell(Numbers.grouped(run.interruptions().size()));
        }
        return table.html();
    }

    /** The figures of one run. */
    static List<Figure> figures(RunHistory run) {
        return List.of(
                new Figure(Numbers.figure(run.lastLoss()), "loss, last 20 steps"),
                new Figure(
                        best(run).map(e -> Numbers.figure(e.getAnchors().getLoss())).orElse("–"),
                        best(run)
                                .map(e -> "on held-out images, best: v" + e.getVersion())
                                .orElse("on held-out images")),
                new Figure(Numbers.grouped(run.step()), "steps"),
                new Figure(Numbers.compact(run.samplesSeen()), "images seen"),
                new Figure(
                        String.format(Locale.ROOT, "%.0f", run.imagesPerSecond()),
                        "images per second"),
                new Figure(Numbers.grouped(run.events().size()), "versions"),
                new Figure(Numbers.grouped(run.interruptions().size()), "interruptions"),
                new Figure(Numbers.grouped(run.skipped()), "skipped batches"));
    }

    private static Optional<Evaluation> best(RunHistory run) {
        return run.evaluations().values().stream()
                .filter(e -> e.getAnchors().getLoss() != null)
                .min(
                        Comparator.<Evaluation>comparingDouble(e -> loss(e))
                                .thenComparing(Evaluation::getVersion, Comparator.reverseOrder()));
    }

    private static double loss(Evaluation evaluation) {
        Double loss = evaluation.getAnchors().getLoss();
        return loss == null ? Double.POSITIVE_INFINITY : loss;
    }

    private static String words(Evaluation evaluation) {
        return Numbers.figure(evaluation.getAnchors().getLoss())
                + " (v"
                + evaluation.getVersion()
                + ")";
    }
}
