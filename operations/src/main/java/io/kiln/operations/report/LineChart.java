package io.kiln.operations.report;

import io.kiln.operations.report.Series.Point;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Lines over steps as inline SVG. The chart takes the width that its page has: lines are stretched
 * to it, text keeps its size.
 */
final class LineChart {
    /** Height of a chart in pixels. */
    static final int HEIGHT = 240;

    private static final int AXIS = 46;
    private static final int TOP = 20;
    private static final int BOTTOM = 24;

    /** Width of the lines' own coordinates, before they are stretched. */
    private static final int UNITS = 1000;

    private static final int TICKS = 6;

    /** Room that the label of a mark needs, as a share of the width of a phone's chart. */
    private static final double LABEL = 0.09;

    /** The same of a step's number. */
    private static final double STEP = 0.16;

    /** Labels that are nearer to an end of the axis than this share end or begin there. */
    private static final double EDGE = 0.04;

    /** From so many points on, a few outliers do not stretch the axis. */
    private static final int MANY = 200;

    private static final double OUTLIERS = 0.005;

    private final String about;
    private final List<Series> series;
    private final List<Mark> marks;
    private final Scale x;
    private final Scale y;

    private LineChart(String about, List<Series> series, List<Mark> marks) {
        this.about = about;
        this.series = series;
        this.marks = marks;
        List<Point> points = series.stream().flatMap(s -> s.points().stream()).toList();
        double first = points.stream().mapToDouble(Point::x).min().orElse(0);
        double last = points.stream().mapToDouble(Point::x).max().orElse(1);
        double[] values = points.stream().mapToDouble(Point::y).sorted().toArray();
        double low = values[0];
        int outliers = values.length > MANY ? (int) (values.length * OUTLIERS) : 0;
        double high = values[values.length - 1 - outliers];
        double margin = Math.max(Math.max(Math.abs(high) * 0.02, 1e-9), (high - low) * 0.06);
        double floor = low >= 0 ? Math.max(0, low - margin) : low - margin;
        this.x = new Scale(first, Math.max(last, first + 1), 0, UNITS);
        this.y = new Scale(floor, high + margin, HEIGHT - BOTTOM, TOP);
    }

    /**
     * A chart as HTML.
     *
     * @param about what it shows, for those who cannot see it
     * @param legend above it
     * @param nothing the sentence in its place if there are no points
     */
    static String html(
            String about, List<Series> series, List<Mark> marks, Legend legend, String nothing) {
        if (series.stream().allMatch(s -> s.points().isEmpty())) {
            return "<p class=\"quiet\">" + Html.escape(nothing) + "</p>";
        }
        LineChart chart = new LineChart(about, series, marks);
        return legend.html(chart.styles())
                + format(
                        "<div class=\"chart\" role=\"img\" aria-label=\"%s\">%s%s</div>",
                        Html.escape(about),
                        chart.axis(format("class=\"axis\" width=\"%d\"", AXIS)),
                        chart.plot("class=\"plot\" width=\"100%\""));
    }

    /** A chart of at least one point as the content of an SVG of this width in pixels. */
    static String svg(String about, List<Series> series, List<Mark> marks, int width) {
        LineChart chart = new LineChart(about, series, marks);
        return format("<title>%s</title>", Html.escape(chart.about))
                + chart.axis(format("width=\"%d\"", AXIS))
                + chart.plot(format("x=\"%d\" width=\"%d\"", AXIS, width - AXIS - 12));
    }

    /** The labels of the y-axis. */
    private String axis(String attributes) {
        StringBuilder svg = new StringBuilder();
        svg.append(format("<svg %s height=\"%d\">", attributes, HEIGHT));
        double[] ticks = y.ticks(TICKS);
        for (double value : ticks) {
            svg.append(
                    format(
                            "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                            AXIS - 8, y.at(value) + 4, Html.escape(Numbers.tick(value, ticks))));
        }
        return svg.append("</svg>").toString();
    }

    private String plot(String attributes) {
        StringBuilder svg = new StringBuilder();
        svg.append(format("<svg %s height=\"%d\">", attributes, HEIGHT));
        svg.append(
                format(
                        "<svg y=\"%d\" width=\"100%%\" height=\"%d\" viewBox=\"0 %d %d %d\""
                                + " preserveAspectRatio=\"none\">",
                        TOP, HEIGHT - BOTTOM - TOP, TOP, UNITS, HEIGHT - BOTTOM - TOP));
        for (double value : y.ticks(TICKS)) {
            double at = y.at(value);
            svg.append(line("grid", 0, at, UNITS, at));
        }
        shownMarks().forEach(mark -> svg.append(drawn(mark)));
        series.forEach(s -> svg.append(drawn(s)));
        svg.append("</svg>");
        labels(svg, "tick", HEIGHT - BOTTOM + 17, steps(), STEP);
        labels(svg, "event", TOP - 7, shownMarks(), LABEL);
        return svg.append("</svg>").toString();
    }

    /** CSS classes of the lines and marks that are there. */
    private Set<String> styles() {
        return Stream.concat(
                        series.stream().filter(s -> !s.points().isEmpty()).map(Series::style),
                        shownMarks().stream().map(Mark::style))
                .flatMap(style -> Stream.of(style.split(" ")))
                .collect(Collectors.toSet());
    }

    private List<Mark> shownMarks() {
        return marks.stream().filter(m -> m.x() >= x.low() && m.x() <= x.high()).toList();
    }

    private String drawn(Mark mark) {
        double at = x.at(mark.x());
        return format(
                "<g><title>%s</title>%s</g>",
                Html.escape(mark.about()), line(mark.style(), at, TOP, at, HEIGHT - BOTTOM));
    }

    private String drawn(Series drawn) {
        String points =
                drawn.points().stream()
                        .map(p -> format("%.1f,%.1f", x.at(p.x()), y.at(p.y())))
                        .collect(Collectors.joining(" "));
        StringBuilder svg = new StringBuilder();
        svg.append(format("<polyline class=\"%s\" points=\"%s\"/>", drawn.style(), points));
        if (drawn.dots() || drawn.points().size() == 1) {
            // A line of no length has round ends, which are not stretched as a circle would be.
            String dots =
                    drawn.points().stream()
                            .map(p -> format("M%.1f,%.1fh0.01", x.at(p.x()), y.at(p.y())))
                            .collect(Collectors.joining());
            svg.append(format("<path class=\"%s dots\" d=\"%s\"/>", drawn.style(), dots));
        }
        return svg.toString();
    }

    /** The labels of the x-axis. */
    private List<Mark> steps() {
        return Arrays.stream(x.ticks(TICKS))
                .mapToObj(step -> new Mark(step, Numbers.compact(step), "", "tick"))
                .toList();
    }

    /** Labels from right to left, without those that would touch another. */
    private void labels(StringBuilder svg, String style, int y, List<Mark> all, double room) {
        double free = 1 + room;
        for (int i = all.size() - 1; i >= 0; i--) {
            Mark mark = all.get(i);
            double at = x.at(mark.x()) / UNITS;
            if (!mark.label().isEmpty() && at <= free - room) {
                text(svg, style, at, y, mark.label());
                free = at > 1 - EDGE ? at - room / 2 : at;
            }
        }
    }

    private static void text(StringBuilder svg, String style, double share, int y, String text) {
        String anchor = share < EDGE ? "start" : share > 1 - EDGE ? "end" : "middle";
        svg.append(
                format(
                        "<text class=\"%s\" x=\"%.2f%%\" y=\"%d\" text-anchor=\"%s\">%s</text>",
                        style, share * 100, y, anchor, Html.escape(text)));
    }

    private static String line(String style, double x1, double y1, double x2, double y2) {
        return format(
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                style, x1, y1, x2, y2);
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
