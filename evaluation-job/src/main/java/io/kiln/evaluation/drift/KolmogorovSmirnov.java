package io.kiln.evaluation.drift;

/**
 * The two-sample Kolmogorov–Smirnov test, two-sided, with the exact distribution of its statistic
 * (Hodges, "The significance probability of the Smirnov two-sample test", Arkiv för Matematik 3,
 * 1958), as {@code scipy.stats.ks_2samp(method="exact")} has it. With ties the p-value is too large
 * rather than too small.
 */
final class KolmogorovSmirnov {
    private KolmogorovSmirnov() {}

    /**
     * Largest distance of the distribution functions of two samples, 0 to 1.
     *
     * @param first ascending, not empty; what is no number comes last and counts as equal
     * @param second the same
     */
    static double statistic(double[] first, double[] second) {
        int i = 0;
        int j = 0;
        double largest = 0;
        while (i < first.length && j < second.length) {
            double value = Double.compare(first[i], second[j]) < 0 ? first[i] : second[j];
            while (i < first.length && Double.compare(first[i], value) <= 0) {
                i++;
            }
            while (j < second.length && Double.compare(second[j], value) <= 0) {
                j++;
            }
            double distance = Math.abs((double) i / first.length - (double) j / second.length);
            largest = Math.max(largest, distance);
        }
        return largest;
    }

    /**
     * Probability that the statistic of two samples of one distribution is as large.
     *
     * @param statistic from 0 to 1
     * @param m values of one sample, at least 1
     * @param n values of the other, at least 1
     */
    static double pValue(double statistic, int m, int n) {
        double below = (Math.floor(statistic * m * n - 1e-7) + 0.5) / ((double) m * n);
        double[] inside = new double[n + 1]; // share of the paths to (i, j) that stay below
        for (int j = 0; j <= n; j++) {
            inside[j] = (double) j / n > below ? 0 : 1;
        }
        for (int i = 1; i <= m; i++) {
            double weight = (double) i / (i + n);
            inside[0] = (double) i / m > below ? 0 : weight * inside[0];
            for (int j = 1; j <= n; j++) {
                boolean outside = Math.abs((double) i / m - (double) j / n) > below;
                inside[j] = outside ? 0 : weight * inside[j] + inside[j - 1];
            }
        }
        return Math.max(0, Math.min(1, 1 - inside[n]));
    }
}
