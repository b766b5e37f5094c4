package io.kiln.operations.status;

import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Figures in the words of a status. */
public final class Words {
    private static final String[] UNITS = {"B", "KB", "MB", "GB", "TB", "PB"};

    private Words() {}

    /** A time, such as {@code 4 s}, {@code 12 min}, {@code 3.5 h} or {@code 2.1 d}. */
    public static String time(Duration time) {
        double seconds = time.toMillis() / 1e3;
        if (seconds < 10) {
            return number(Math.max(0, seconds), 1) + " s";
        }
        if (seconds < 120) {
            return number(seconds, 0) + " s";
        }
        if (seconds < 7200) {
            return number(seconds / 60, 0) + " min";
        }
        return seconds < 172_800
                ? number(seconds / 3600, 1) + " h"
                : number(seconds / 86_400, 1) + " d";
    }

    /** A size in decimal units, such as {@code 1.2 GB}. */
    public static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 999.5 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return number(value, unit == 0 || value >= 100 ? 0 : 1) + " " + UNITS[unit];
    }

    /** A number of things, such as {@code 1 image} or {@code 1,200 images}. */
    public static String count(long number, String thing) {
        return String.format(
                Locale.ROOT,
                "%,d %s%s",
                number,
                thing,
                number == 1 ? "" : thing.endsWith("ch") ? "es" : "s");
    }

    /** That a number of things wait, such as {@code 1 image waits} or {@code 2 images wait}. */
    static String waiting(long number, String thing) {
        return count(number, thing) + (number == 1 ? " waits" : " wait");
    }

    /** Numbers of dead letters by reason, the most frequent first. */
    public static String reasons(Map<String, Long> reasons) {
        return reasons.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    private static String number(double value, int digits) {
        return String.format(Locale.ROOT, "%,." + digits + "f", value);
    }
}
