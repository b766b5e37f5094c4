package io.kiln.operations.report;

import java.util.List;

/**
 * One line of a chart.
 *
 * @param style names of CSS classes, which choose colour and stroke
 * @param points in the order of x, finite
 * @param dots whether each point is marked, for points that are far apart
 */
record Series(String style, List<Point> points, boolean dots) {
    /** A point in the units of the data. */
    record Point(double x, double y) {}

    Series {
        points = List.copyOf(points);
    }
}
