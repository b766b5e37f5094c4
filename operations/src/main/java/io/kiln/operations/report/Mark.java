package io.kiln.operations.report;

/**
 * A vertical line of a chart.
 *
 * @param x where, in the units of the data
 * @param label short text above it; empty for none
 * @param about what a pointer over it shows
 * @param style name of a CSS class
 */
record Mark(double x, String label, String about, String style) {}
