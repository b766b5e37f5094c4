package io.kiln.model.features;

import java.util.Arrays;

/**
 * Gives each feature mean 0 and standard deviation 1 over the embeddings it was made of. One that
 * hardly varies keeps at least a tenth of the mean deviation as its unit.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Scaling(double[] means, double[] units) {
    private static final double LEAST_SHARE = 0.1;

    static Scaling of(double[][] rows) {
        int size = rows[0].length;
        double[] means = new double[size];
        double[] units = new double[size];
        for (double[] row : rows) {
            for (int j = 0; j < size; j++) {
                means[j] += row[j] / rows.length;
            }
        }
        for (double[] row : rows) {
            for (int j = 0; j < size; j++) {
                units[j] += (row[j] - means[j]) * (row[j] - means[j]) / rows.length;
            }
        }
        double[] deviations = Arrays.stream(units).map(Math::sqrt).toArray();
        double least = Math.max(LEAST_SHARE * Vectors.mean(deviations), Double.MIN_NORMAL);
        return new Scaling(means, Arrays.stream(deviations).map(d -> Math.max(d, least)).toArray());
    }

    double[][] apply(double[][] rows) {
        double[][] scaled = new double[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            scaled[i] = rows[i].clone();
            for (int j = 0; j < means.length; j++) {
                scaled[i][j] = (scaled[i][j] - means[j]) / units[j];
            }
        }
        return scaled;
    }
}
