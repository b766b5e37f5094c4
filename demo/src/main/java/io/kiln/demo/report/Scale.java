package io.kiln.demo.report;

import java.util.stream.LongStream;

/**
 * Maps values to a length on the page.
 *
 * @param low value at {@code from}
 * @param high value at {@code to}, above low
 * @param from start on the page, in the page's units
 * @param to end on the page
 */
record Scale(double low, double high, double from, double to) {
    Scale {
        if (!(high > low)) {
            throw new IllegalArgumentException("nothing between " + low + " and " + high);
        }
    }

    double at(double value) {
        return from + (value - low) / (high - low) * (to - from);
    }

    /**
     * Round values within the scale, about as many as wished: multiples of 1, 2 or 5 times a power
     * of ten.
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
