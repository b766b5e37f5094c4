package io.kiln.evaluation.drift;

import io.kiln.config.DriftConfig;
import io.kiln.schemas.DriftAlarm;
import io.kiln.schemas.StatisticFigures;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The tests of each statistic of later images against one reference. */
final class Comparisons {
    /** Shift of the mean, in standard deviations, that the Page–Hinkley test lets pass. */
    private static final double SLACK = 0.5;

    /** Images over which an alarm of that test tells the mean. */
    private static final int NEWEST = 8;

    private static final ImageStatistic[] STATISTICS = ImageStatistic.values();

    private final double level;
    private final double[][] sorted = new double[STATISTICS.length][];
    private final PageHinkley[] tests = new PageHinkley[STATISTICS.length];

    /**
     * @param reference statistics of its images, in their order; at least one
     */
    Comparisons(DriftConfig config, List<double[]> reference) {
        level = config.falseAlarms() / 2 / STATISTICS.length;
        double threshold = PageHinkley.threshold(SLACK, level / config.window(), reference.size());
        for (int i = 0; i < STATISTICS.length; i++) {
            sorted[i] = sorted(reference, i);
            tests[i] = new PageHinkley(SLACK, threshold, reference.size());
            for (double[] values : reference) {
                tests[i].add(score(i, values[i])); // so that it knows the mean
            }
        }
    }

    private static double[] sorted(Collection<double[]> rows, int statistic) {
        return rows.stream().mapToDouble(row -> row[statistic]).sorted().toArray();
    }

    /**
     * The normal score of a value: the quantile of the standard normal distribution at its rank in
     * the reference. So the test needs to know nothing of the statistic's distribution.
     */
    private double score(int statistic, double value) {
        double[] all = sorted[statistic];
        int below = 0;
        int equal = 0;
        for (double one : all) {
            below += one < value ? 1 : 0;
            equal += one == value ? 1 : 0;
        }
        return NormalQuantile.of((below + 0.5 * equal + 0.5) / (all.length + 1));
    }

    /**
     * Gives the next image to the Page–Hinkley tests.
     *
     * @param newest images, this one included
     */
    Optional<DriftAlarm> shifted(double[] values, Collection<double[]> newest) {
        Optional<DriftAlarm> alarm = Optional.empty();
        for (int i = 0; i < STATISTICS.length; i++) {
            if (tests[i].add(score(i, values[i])) && alarm.isEmpty()) {
                int statistic = i;
                double now =
                        newest.stream()
                                .skip(Math.max(0, newest.size() - NEWEST))
                                .mapToDouble(row -> row[statistic])
                                .average()
                                .orElseThrow();
                alarm = Optional.of(alarm(i, "pageHinkley", now, null));
            }
        }
        return alarm;
    }

    /** Tests a full window: the statistic with the lowest p-value counts. */
    Optional<DriftAlarm> differing(Collection<double[]> window) {
        List<StatisticFigures> all = figures(window);
        int lowest = 0;
        for (int i = 1; i < all.size(); i++) {
            lowest = all.get(i).getPValue() < all.get(lowest).getPValue() ? i : lowest;
        }
        StatisticFigures one = all.get(lowest);
        return one.getPValue() < level
                ? Optional.of(alarm(lowest, "kolmogorovSmirnov", one.getNow(), one.getPValue()))
                : Optional.empty();
    }

    private DriftAlarm alarm(int statistic, String detector, double now, @Nullable Double pValue) {
        double before = mean(sorted[statistic]);
        return new DriftAlarm(0L, "", STATISTICS[statistic].key(), detector, before, now, pValue);
    }

    /** Each statistic of a window beside that of the reference. */
    List<StatisticFigures> figures(Collection<double[]> window) {
        List<StatisticFigures> figures = new ArrayList<>();
        for (int i = 0; i < STATISTICS.length; i++) {
            double[] now = sorted(window, i);
            double distance = KolmogorovSmirnov.statistic(sorted[i], now);
            figures.add(
                    new StatisticFigures(
                            STATISTICS[i].key(),
                            mean(sorted[i]),
                            deviation(sorted[i]),
                            mean(now),
                            distance,
                            KolmogorovSmirnov.pValue(distance, sorted[i].length, now.length)));
        }
        return figures;
    }

    /**
     * Largest shift of a mean, in standard deviations; a statistic that never changes is left out.
     */
    double shift(Collection<double[]> window) {
        double largest = 0;
        for (int i = 0; i < STATISTICS.length; i++) {
            double deviation = deviation(sorted[i]);
            if (deviation > 0) {
                double shift = Math.abs(mean(sorted(window, i)) - mean(sorted[i])) / deviation;
                largest = Math.max(largest, shift);
            }
        }
        return largest;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static double deviation(double[] values) {
        double mean = mean(values);
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        return Math.sqrt(squares / values.length);
    }

    void write(DataOutputStream out) throws IOException {
        for (PageHinkley test : tests) {
            test.write(out);
        }
    }

    void read(DataInputStream in) throws IOException {
        for (PageHinkley test : tests) {
            test.read(in);
        }
    }
}
