package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.kiln.verification.golden.Comparison;
import io.kiln.verification.golden.Comparison.Limited;
import io.kiln.verification.golden.GoldenReport;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A golden report as text or JSON. */
final class GoldenListing {
    private static final Comparator<Comparison> BY_ERROR =
            Comparator.comparingDouble(Comparison::relative);

    private GoldenListing() {}

    /**
     * A headline with the result, then a table.
     *
     * @param everyTensor one line per tensor; otherwise the worst of each group and all that fail
     */
    static String text(GoldenReport report, boolean everyTensor) {
        List<Comparison> all = report.comparisons();
        Table table = new Table("TENSOR", "GROUP", "LARGEST ERROR", "RELATIVE", "TOLERANCE", "");
        Map<String, List<Comparison>> groups =
                all.stream()
                        .collect(
                                Collectors.groupingBy(
                                        Comparison::group,
                                        LinkedHashMap::new,
                                        Collectors.toList()));
        groups.values()
                .forEach(group -> rows(group, everyTensor).forEach(c -> row(table, c, group)));
        long failed = all.stream().filter(c -> !c.passes()).count();
        return String.format(
                "%s in %s: %s%n%s",
                report.name(),
                precision(report),
                failed == 0
                        ? "all " + all.size() + " tensors within tolerance"
                        : failed + " of " + all.size() + " tensors exceed their tolerance",
                table);
    }

    private static Collection<Comparison> rows(List<Comparison> group, boolean everyTensor) {
        if (everyTensor) {
            return group;
        }
        Comparison worst = group.stream().max(BY_ERROR).orElseThrow();
        return Stream.concat(Stream.of(worst), group.stream().filter(c -> !c.passes()))
                .distinct()
                .toList();
    }

    private static void row(Table table, Comparison comparison, List<Comparison> group) {
        table.add(
                comparison.tensor(),
                comparison.group() + " (" + group.size() + ")",
                number(comparison.absolute()),
                number(comparison.relative()),
                number(comparison.tolerance())
                        + (comparison.limited() == Limited.ABSOLUTE ? " absolute" : ""),
                comparison.passes() ? "ok" : "EXCEEDED");
    }

    /** Adds one object per tensor. */
    static void json(GoldenReport report, ArrayNode array) {
        for (Comparison comparison : report.comparisons()) {
            array.addObject()
                    .put("case", report.name())
                    .put("precision", precision(report))
                    .put("group", comparison.group())
                    .put("tensor", comparison.tensor())
                    .put("absolute", comparison.absolute())
                    .put("relative", comparison.relative())
                    .put("tolerance", comparison.tolerance())
                    .put("limited", comparison.limited().name().toLowerCase(Locale.ROOT))
                    .put("passes", comparison.passes());
        }
    }

    private static String precision(GoldenReport report) {
        return report.precision().name().toLowerCase(Locale.ROOT);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2e", value);
    }
}
