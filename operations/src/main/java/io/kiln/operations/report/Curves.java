package io.kiln.operations.report;

import io.kiln.operations.report.Series.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Figures of steps as points of a chart; of many steps, so few that a page can hold them. */
final class Curves {
    /** Parts of the x-axis that are drawn apart; more are not seen on any screen. */
    static final int PARTS = 500;

    /** Steps that a smoothed value looks back on, and the share of all steps if that is more. */
    private static final int LOOK_BACK = 16;

    private static final int SHARE = 50;

    private Curves() {}

    /** The values themselves; of many, the lowest and the highest of each part of the x-axis. */
    static List<Point> raw(List<StepPoint> steps, ToDoubleFunction<StepPoint> value) {
        List<Point> all = points(steps, value);
        if (all.size() <= 2 * PARTS) {
            return all;
        }
        List<Point> kept = new ArrayList<>();
        for (List<Point> part : parts(all)) {
            Point low = part.get(0);
            Point high = low;
            for (Point point : part) {
                low = point.y() < low.y() ? point : low;
                high = point.y() > high.y() ? point : high;
            }
            kept.add(low.x() <= high.x() ? low : high);
            if (low.x() != high.x()) {
                kept.add(low.x() <= high.x() ? high : low);
            }
        }
        return kept;
    }

    /** The running mean, in which older values count less. */
    static List<Point> smooth(List<StepPoint> steps, ToDoubleFunction<StepPoint> value) {
        List<Point> all = points(steps, value);
        double keep = 1 - 2.0 / (1 + Math.max(LOOK_BACK, all.size() / SHARE));
        double sum = 0;
        double weight = 0;
        List<Point> smooth = new ArrayList<>(all.size());
        for (Point point : all) {
            sum = keep * sum + point.y();
            weight = keep * weight + 1;
            smooth.add(new Point(point.x(), sum / weight));
        }
        return lastOfEachPart(smooth);
    }

    /** The values themselves; of many, the last of each part of the x-axis. */
    static List<Point> plain(List<StepPoint> steps, ToDoubleFunction<StepPoint> value) {
        return lastOfEachPart(points(steps, value));
    }

    private static List<Point> points(List<StepPoint> steps, ToDoubleFunction<StepPoint> value) {
        return steps.stream()
                .map(step -> new Point(step.step(), value.applyAsDouble(step)))
                .filter(point -> Double.isFinite(point.y()))
                .sorted(Comparator.comparingDouble(Point::x)) // trainers may be ahead of others
                .toList();
    }

    private static List<Point> lastOfEachPart(List<Point> all) {
        return all.size() <= 2 * PARTS
                ? all
                : parts(all).stream().map(part -> part.get(part.size() - 1)).toList();
    }

    private static List<List<Point>> parts(List<Point> all) {
        List<List<Point>> parts = new ArrayList<>();
        for (int part = 0; part < PARTS; part++) {
            int from = (int) ((long) part * all.size() / PARTS);
            int to = (int) ((part + 1L) * all.size() / PARTS);
            parts.add(all.subList(from, to));
        }
        return parts;
    }
}
