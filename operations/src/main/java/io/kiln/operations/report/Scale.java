package io.kiln.operations.report;

import java.util.stream.LongStream;

/**
 * Maps values linearly to positions on the page.
 *
 * @param low value at position {@code from}
 * @param high value at position {@code to}, greater than low
 * @param from start position, in units of the page
 * @param to end position
 */
record Scale(double low, double high, double from, double to) {
    Scale {
        if (!(high > low)) {
            throw new IllegalArgumentException("empty range from " + low + " to " + high);
        }
    }

    /** The position of a value. */
    double at(double value) {
        return from + (value - low) / (high - low) * (to - from);
    }

    /**
     * Round values within the range: multiples of 1, 2 or 5 times a power of ten.
     *
     * @param wished approximate number of values
     */
    double[] ticks(int wished) {
        double raw = (high - low) / wished;
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double part = raw / power;
        double step = power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
        long first = (long) Math.ceil(low / step - 1e-9);
        long last = (long) Math.floor(high / step + 1e-9);
        return LongStream.rangeClosed(first, last).mapToDouble(i -> i * step).toArray();
    }
}
