package io.kiln.verification.bench;

import java.util.List;

/** What is typical of measurements, some of which were disturbed. */
final class Median {
    private Median() {}

    /** The median; of an even number, the mean of the two in the middle. */
    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int n = sorted.size();
        return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    }

    /**
     * The mean without the lowest and the highest quarter: not disturbed by outliers, and finer
     * than the ticks that CPU time is counted in.
     */
    static double mean(List<Double> values) {
        int cut = values.size() / 4;
        return values.stream()
                .sorted()
                .skip(cut)
                .limit(values.size() - 2L * cut)
                .mapToDouble(Double::doubleValue)
                .average()
                .orElseThrow();
    }
}
