package io.kiln.cli;

import io.kiln.images.ValueStatistics;
import io.kiln.operations.status.Words;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What images hold, as a table, and as the section of a configuration that suits them. */
final class StatisticsListing {
    private static final MathContext SHOWN = new MathContext(6);
    private static final double MAX_UINT8 = 255;

    private StatisticsListing() {}

    static String text(ValueStatistics measured) {
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "# %s, %s, values of %d bits%n# %-7s %12s %12s %12s %12s%n",
                        Words.count(measured.images(), "image"),
                        Words.count(measured.pixels(), "pixel"),
                        measured.bits(),
                        "channel",
                        "min",
                        "max",
                        "mean",
                        "std"));
        for (int channel = 0; channel < measured.channels(); channel++) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "# %-7d %12s %12s %12s %12s%n",
                            channel,
                            exact(measured.min(channel)),
                            exact(measured.max(channel)),
                            rounded(measured.mean(channel)),
                            rounded(measured.std(channel))));
        }
        return text + yaml(measured);
    }

    /** Bytes need no range; what has more bits is given the one it has. */
    private static String yaml(ValueStatistics measured) {
        boolean bytes = measured.bits() <= 8;
        String section =
                String.format(
                        "input:%n  channels: %d%n  sampleType: %s%n",
                        measured.channels(), bytes ? "uint8" : "uint16");
        if (!bytes) {
            section +=
                    list(
                            "valueRange",
                            measured,
                            c ->
                                    "["
                                            + exact(measured.min(c))
                                            + ", "
                                            + exact(measured.min(c) + width(measured, c))
                                            + "]");
        }
        return section
                + list("mean", measured, c -> rounded(share(measured, c, measured.mean(c))))
                + list("std", measured, c -> rounded(spread(measured, c))).stripTrailing();
    }

    private static String list(String key, ValueStatistics measured, IntFunction<String> value) {
        return IntStream.range(0, measured.channels())
                .mapToObj(value)
                .collect(
                        Collectors.joining(", ", "  " + key + ": [", "]" + System.lineSeparator()));
    }

    private static double share(ValueStatistics measured, int channel, double value) {
        return measured.bits() <= 8
                ? value / MAX_UINT8
                : (value - measured.min(channel)) / width(measured, channel);
    }

    /** Of a channel that never changes, 1: there is nothing to divide. */
    private static double spread(ValueStatistics measured, int channel) {
        double std = measured.std(channel);
        double width = measured.bits() <= 8 ? MAX_UINT8 : width(measured, channel);
        return std > 0 ? Math.max(std / width, 1e-6) : 1;
    }

    private static double width(ValueStatistics measured, int channel) {
        double width = measured.max(channel) - measured.min(channel);
        return width > 0 ? width : 1;
    }

    private static String exact(double value) {
        boolean single = (float) value == value;
        BigDecimal shortest =
                single ? new BigDecimal(Float.toString((float) value)) : BigDecimal.valueOf(value);
        return shortest.stripTrailingZeros().toPlainString();
    }

    private static String rounded(double value) {
        return new BigDecimal(value).round(SHOWN).stripTrailingZeros().toPlainString();
    }
}
