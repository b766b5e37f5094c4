package io.kiln.demo.report;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TrainingStep;
import java.util.List;
import java.util.Locale;

/** The loss over the steps as inline SVG: raw values, a smoothed line, a mark at each event. */
final class LossCurve {
    private static final double WIDTH = 860;
    private static final double HEIGHT = 300;
    private static final double LEFT = 52;
    private static final double RIGHT = 16;
    private static final double TOP = 22;
    private static final double BOTTOM = 34;
    private static final double SMOOTHING = 0.12;
    private static final int TICKS = 5;

    private final List<TrainingStep> steps;
    private final List<CheckpointEvent> events;
    private final Scale x;
    private final Scale y;

    private LossCurve(List<TrainingStep> steps, List<CheckpointEvent> events) {
        this.steps = steps;
        this.events = events;
        double low = steps.stream().mapToDouble(TrainingStep::getLoss).min().orElse(0);
        double high = steps.stream().mapToDouble(TrainingStep::getLoss).max().orElse(1);
        double margin = Math.max(0.02, (high - low) * 0.08);
        this.x =
                new Scale(
                        steps.get(0).getStep(),
                        Math.max(steps.get(steps.size() - 1).getStep(), steps.get(0).getStep() + 1),
                        LEFT,
                        WIDTH - RIGHT);
        this.y = new Scale(low - margin, high + margin, HEIGHT - BOTTOM, TOP);
    }

    /** The curve of a run; a sentence if there is no step yet. */
    static String of(RunSnapshot run) {
        List<TrainingStep> finite =
                run.taken().stream().filter(s -> Double.isFinite(s.getLoss())).toList();
        return finite.isEmpty()
                ? "<p class=\"quiet\">No training step yet.</p>"
                : new LossCurve(finite, run.events()).draw();
    }

    private String draw() {
        StringBuilder svg = new StringBuilder();
        svg.append(
                format(
                        "<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"training"
                                + " loss over steps\">",
                        WIDTH, HEIGHT));
        axes(svg);
        marks(svg);
        svg.append(format("<polyline class=\"raw\" points=\"%s\"/>", points(1)));
        svg.append(format("<polyline class=\"smooth\" points=\"%s\"/>", points(SMOOTHING)));
        return svg.append("</svg>").toString();
    }

    private void axes(StringBuilder svg) {
        for (double value : y.ticks(TICKS)) {
            double at = y.at(value);
            svg.append(
                    format(
                            "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                                    + "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.2f</text>",
                            LEFT, WIDTH - RIGHT, at, at, LEFT - 8, at + 4, value));
        }
        for (double value : x.ticks(TICKS + 3)) {
            svg.append(
                    format(
                            "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f</text>",
                            x.at(value), HEIGHT - BOTTOM + 18, value));
        }
        svg.append(
                format(
                        "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">step</text>",
                        LEFT, HEIGHT - BOTTOM + 18));
    }

    private void marks(StringBuilder svg) {
        for (CheckpointEvent event : events) {
            double at = x.at((double) event.getStep());
            svg.append(
                    format(
                            "<g><title>checkpoint v%d at step %d</title>"
                                    + "<line class=\"event\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
                                    + "<text class=\"event\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">v%d</text></g>",
                            event.getVersion(),
                            event.getStep(),
                            at,
                            at,
                            TOP,
                            HEIGHT - BOTTOM,
                            at,
                            TOP - 7,
                            event.getVersion()));
        }
    }

    /**
     * @param weight weight of each new value in the running mean; 1 gives the values themselves
     */
    private String points(double weight) {
        StringBuilder points = new StringBuilder();
        double mean = steps.get(0).getLoss();
        for (TrainingStep step : steps) {
            mean += weight * (step.getLoss() - mean);
            points.append(format("%.1f,%.1f ", x.at((double) step.getStep()), y.at(mean)));
        }
        return points.toString().stripTrailing();
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
