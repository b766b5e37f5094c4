package io.kiln.demo;

import java.util.Locale;
import java.util.OptionalLong;

/**
 * How long a demo has run. The time of one that was resumed begins there, as do the steps that it
 * has taken in it.
 *
 * @param seconds since the start, or since the demo was resumed
 * @param stepsBefore steps that were taken before; empty if it was not resumed
 */
record Elapsed(double seconds, OptionalLong stepsBefore) {
    /** The steps and their time. */
    String words(long steps) {
        return stepsBefore.isEmpty()
                ? format("%d in %.0f s, start and end included", steps, seconds)
                : format(
                        "%d, %d of them in %.0f s since resuming",
                        steps, steps - stepsBefore.getAsLong(), seconds);
    }

    /** The time alone. */
    String time() {
        return format("%.0f s", seconds);
    }

    /** Since when. */
    String since() {
        return stepsBefore.isEmpty() ? "since the start" : "since resuming";
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
