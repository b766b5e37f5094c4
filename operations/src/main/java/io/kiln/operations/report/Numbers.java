package io.kiln.operations.report;

import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Numbers as reports and verbs write them. */
public final class Numbers {
    private static final String NONE = "–";
    private static final double THOUSANDS = 1e4;
    private static final double MILLIONS = 1e6;
    private static final double TINY = 1e-4;

    private Numbers() {}

    /** A whole number with separators. */
    static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** A loss and the like; a dash for none. */
    static String figure(@Nullable Double value) {
        return figure("%.4f", value);
    }

    /** A figure in any format; a dash for none. */
    public static String figure(String format, @Nullable Double value) {
        return value == null ? NONE : String.format(Locale.ROOT, format, value);
    }

    /** A loss and the like; a dash for none. */
    static String figure(OptionalDouble value) {
        return figure(value.isPresent() ? (Double) value.getAsDouble() : null);
    }

    /** A whole number in few letters, such as 1,500, 20k or 1.5M. */
    static String compact(double value) {
        if (value >= MILLIONS) {
            return trimmed(value / MILLIONS) + "M";
        }
        return value >= THOUSANDS
                ? trimmed(value / 1000) + "k"
                : String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String trimmed(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.replaceAll("\\.?0+$", "");
    }

    /** A value of an axis with as many digits as tell it from the others. */
    static String tick(double value, double[] all) {
        double step = all.length > 1 ? Math.abs(all[1] - all[0]) : Math.abs(value);
        if (value == 0) {
            return "0";
        }
        if (step < TINY) {
            return String.format(Locale.ROOT, "%.1e", value).replaceFirst("e-0?", "e-");
        }
        if (step >= 1) {
            return compact(value);
        }
        int digits = (int) Math.ceil(-Math.log10(step) - 1e-9);
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }
}
