package io.kiln.operations.report;

import io.kiln.operations.report.Legend.Key;
import io.kiln.operations.report.Series.Point;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.SetFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The charts of a report. Several runs share each chart. */
final class Charts {
    private static final String NO_STEP = "No training step yet.";
    private static final String NOT_MEASURED =
            "No version has been measured on held-out images: hold some out"
                    + " (evaluation.holdoutShare), and run kiln submit evaluation.";

    private static final String NO_REFERENCE =
            "There have been too few held-out images to compare: evaluation.drift.reference and"
                    + " .window say how many are needed.";

    private static final Key ANCHORS = new Key("anchors", "held out, all time");
    private static final Key RECENT = new Key("recent", "held out, newest");

    private static final Legend LOSS =
            Legend.of(
                    new Key("raw", "each step"),
                    new Key("smooth", "smoothed"),
                    new Key("event", "checkpoint event"),
                    new Key("interruption", "interruption"));

    private static final Legend HOLDOUT =
            Legend.of(new Key("training", "training, since the version before"), ANCHORS, RECENT);

    private static final Legend RANK = Legend.of(ANCHORS, RECENT);
    private static final Legend DRIFT = Legend.of(RECENT, new Key("interruption", "alarm"));

    /** More lines across a chart would hide it. */
    private static final int MOST_MARKS = 60;

    private final List<RunHistory> runs;

    Charts(List<RunHistory> runs) {
        this.runs = runs;
    }

    /** Raw and smoothed loss; of one run with its events and interruptions. */
    String loss() {
        return LineChart.html("training loss over steps", lossLines(), marks(), LOSS, NO_STEP);
    }

    /** The same as an SVG of its own; one run with at least one step. */
    String lossSvg(int width) {
        return LineChart.svg("Training loss over steps", lossLines(), marks(), width);
    }

    private List<Series> lossLines() {
        return rawAndSmooth(StepPoint::loss, RunHistory::taken);
    }

    /** Whether there is anything to draw of the loss. */
    boolean hasLoss() {
        return lossLines().stream().anyMatch(s -> !s.points().isEmpty());
    }

    private List<Series> rawAndSmooth(
            ToDoubleFunction<StepPoint> value, Function<RunHistory, List<StepPoint>> steps) {
        List<Series> series = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            List<StepPoint> points = steps.apply(runs.get(i));
            series.add(new Series("raw run" + i, Curves.raw(points, value), false));
        }
        for (int i = 0; i < runs.size(); i++) {
            List<StepPoint> points = steps.apply(runs.get(i));
            series.add(new Series("smooth run" + i, Curves.smooth(points, value), false));
        }
        return series;
    }

    /** Loss on held-out images over the mean training loss of the same versions. */
    String holdout() {
        List<Series> series = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            RunHistory run = runs.get(i);
            series.add(
                    line(
                            "training run" + i,
                            run.events(),
                            CheckpointEvent::getStep,
                            CheckpointEvent::getTrainingLoss));
            measured(series, i, SetFigures::getLoss);
        }
        return LineChart.html(
                "training loss and loss on held-out images over steps",
                isMeasured() ? series : List.of(),
                List.of(),
                HOLDOUT,
                NOT_MEASURED);
    }

    private boolean isMeasured() {
        return runs.stream().anyMatch(run -> !run.evaluations().isEmpty());
    }

    /** Effective rank of the features. */
    String rank() {
        List<Series> series = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            measured(series, i, SetFigures::getEffectiveRank);
        }
        return LineChart.html(
                "effective rank of the features over steps", series, List.of(), RANK, NOT_MEASURED);
    }

    /** Largest distance of the newest held-out images from the reference, and alarms. */
    String drift() {
        List<Series> series = new ArrayList<>();
        List<Mark> alarms = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            List<Evaluation> evaluations = evaluations(runs.get(i));
            series.add(line("recent run" + i, evaluations, Evaluation::getStep, Drift::distance));
            if (runs.size() == 1) {
                alarms.addAll(Drift.alarms(evaluations));
            }
        }
        return LineChart.html(
                "distance of the newest held-out images from the reference over steps",
                series,
                Spread.over(alarms, MOST_MARKS),
                DRIFT,
                isMeasured() ? NO_REFERENCE : NOT_MEASURED);
    }

    private void measured(
            List<Series> series, int run, Function<SetFigures, @Nullable Double> figure) {
        List<Evaluation> evaluations = evaluations(runs.get(run));
        ToDoubleFunction<Evaluation> step = Evaluation::getStep;
        series.add(line("anchors run" + run, evaluations, step, e -> figure.apply(e.getAnchors())));
        series.add(line("recent run" + run, evaluations, step, e -> figure.apply(e.getRecent())));
    }

    /** Learning rate of each step. */
    String learningRate() {
        List<Series> series = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            List<StepPoint> steps = runs.get(i).taken();
            series.add(
                    new Series(
                            "smooth run" + i, Curves.plain(steps, StepPoint::learningRate), false));
        }
        return LineChart.html("learning rate over steps", series, List.of(), Legend.NONE, NO_STEP);
    }

    /** Norm of the gradient before clipping, raw and smoothed. */
    String gradientNorm() {
        return LineChart.html(
                "gradient norm over steps",
                rawAndSmooth(StepPoint::gradientNorm, RunHistory::taken),
                List.of(),
                Legend.NONE,
                NO_STEP);
    }

    /** Images a second, raw and smoothed. */
    String throughput() {
        return LineChart.html(
                "images per second over steps",
                rawAndSmooth(StepPoint::imagesPerSecond, Charts::batches),
                List.of(),
                Legend.NONE,
                NO_STEP);
    }

    /** Share of the time that the trainer waited for batches, in percent. */
    String waiting() {
        List<Series> series = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            List<Point> smooth = Curves.smooth(batches(runs.get(i)), s -> 100 * s.waitShare());
            series.add(new Series("smooth run" + i, smooth, false));
        }
        return LineChart.html(
                "share of time spent waiting over steps", series, List.of(), Legend.NONE, NO_STEP);
    }

    private static List<StepPoint> batches(RunHistory run) {
        return run.steps().stream().filter(step -> step.images() > 0).toList();
    }

    /** The evaluations of a run, in the order of its versions. */
    static List<Evaluation> evaluations(RunHistory run) {
        return run.evaluations().values().stream()
                .sorted((a, b) -> Long.compare(a.getVersion(), b.getVersion()))
                .toList();
    }

    private static <T> Series line(
            String style,
            List<T> versions,
            ToDoubleFunction<T> step,
            Function<T, @Nullable Double> figure) {
        List<Point> points = new ArrayList<>();
        for (T version : versions) {
            Double value = figure.apply(version);
            if (value != null && Double.isFinite(value)) {
                points.add(new Point(step.applyAsDouble(version), value));
            }
        }
        return new Series(style, points, points.size() <= Curves.PARTS / 10);
    }

    private List<Mark> marks() {
        if (runs.size() != 1) {
            return List.of(); // whose would they be?
        }
        List<Mark> marks = new ArrayList<>();
        RunHistory run = runs.get(0);
        for (CheckpointEvent event : Spread.over(run.events(), MOST_MARKS)) {
            String about =
                    String.format(
                            Locale.ROOT,
                            "checkpoint v%d at step %d",
                            event.getVersion(),
                            event.getStep());
            marks.add(new Mark(event.getStep(), "v" + event.getVersion(), about, "event"));
        }
        for (Interruption interruption : Spread.over(run.interruptions(), MOST_MARKS)) {
            marks.add(
                    new Mark(
                            interruption.step(),
                            "",
                            EventTable.words(interruption),
                            "interruption"));
        }
        return marks;
    }
}
