package io.kiln.evaluation.drift;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * The Page–Hinkley test for a shift of the mean in either direction (Page, "Continuous inspection
 * schemes", Biometrika 41, 1954), as {@code river.drift.PageHinkley} has it with mode both and
 * alpha 1: how far the sum of deviations from the mean so far has come from its lowest, or its
 * highest, point.
 */
final class PageHinkley {
    private final double slack;
    private final double threshold;
    private final int fewest;
    private long count;
    private double mean;
    private double up;
    private double lowest = Double.POSITIVE_INFINITY;
    private double down;
    private double highest = Double.NEGATIVE_INFINITY;

    /**
     * @param slack shift of the mean that does not count (River's delta)
     * @param threshold that a sum must exceed
     * @param fewest values before a shift can be found
     */
    PageHinkley(double slack, double threshold, int fewest) {
        this.slack = slack;
        this.threshold = threshold;
        this.fewest = fewest;
    }

    /**
     * A threshold for values of standard deviation 1: the mean number of values up to a false alarm
     * in either direction, by Siegmund's approximation ("Sequential Analysis", Springer 1985,
     * section 2.6). The scale of the values is known from a reference alone. In the exponent of
     * that number, an error of the scale counts as one of the threshold does. So the threshold is
     * higher by the relative standard error of a standard deviation, 1 / √(2n).
     *
     * @param rate false alarms for each value
     * @param reference values from which the scale is known
     */
    static double threshold(double slack, double rate, int reference) {
        double low = 0;
        double high = 1000;
        for (int i = 0; i < 100; i++) {
            double middle = (low + high) / 2;
            double x = 2 * slack * middle;
            double length = (StrictMath.exp(x) - x - 1) / (2 * slack * slack);
            if (length < 2 / rate) { // two directions
                low = middle;
            } else {
                high = middle;
            }
        }
        return Math.max(0, high * (1 + 1 / Math.sqrt(2.0 * reference)) - 1.166);
    }

    /**
     * Takes the next value.
     *
     * @return whether the mean has shifted; then the test must begin anew
     */
    boolean add(double value) {
        count++;
        mean += (value - mean) / count;
        up += value - mean - slack;
        down += value - mean + slack;
        lowest = Math.min(lowest, up);
        highest = Math.max(highest, down);
        return count >= fewest && (up - lowest > threshold || highest - down > threshold);
    }

    /** Writes its state. */
    void write(DataOutputStream out) throws IOException {
        out.writeLong(count);
        for (double value : new double[] {mean, up, lowest, down, highest}) {
            out.writeDouble(value);
        }
    }

    /** Takes the state that was written. */
    void read(DataInputStream in) throws IOException {
        count = in.readLong();
        mean = in.readDouble();
        up = in.readDouble();
        lowest = in.readDouble();
        down = in.readDouble();
        highest = in.readDouble();
    }
}
