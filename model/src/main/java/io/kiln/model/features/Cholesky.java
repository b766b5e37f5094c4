package io.kiln.model.features;

import java.util.stream.IntStream;

/** The factor L of a symmetric, positive matrix L · Lᵀ, [n, n], of which the lower half is kept. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Cholesky(double[][] lower) {
    /**
     * Factorises matrix + diagonal · identity.
     *
     * @param matrix its lower half; not changed
     */
    static Cholesky of(double[][] matrix, double diagonal) {
        int n = matrix.length;
        double[][] lower = new double[n][];
        for (int i = 0; i < n; i++) {
            lower[i] = matrix[i].clone();
            lower[i][i] += diagonal;
        }
        for (int j = 0; j < n; j++) {
            double[] row = lower[j];
            int column = j;
            row[j] = Math.sqrt(row[j] - Vectors.dot(row, row, j));
            IntStream.range(j + 1, n)
                    .parallel()
                    .forEach(
                            i ->
                                    lower[i][column] =
                                            (lower[i][column] - Vectors.dot(lower[i], row, column))
                                                    / row[column]);
        }
        return new Cholesky(lower);
    }

    /** x of L · x = b. */
    double[] forward(double[] b) {
        double[] x = b.clone();
        for (int i = 0; i < x.length; i++) {
            x[i] = (x[i] - Vectors.dot(lower[i], x, i)) / lower[i][i];
        }
        return x;
    }

    /** x of L · Lᵀ · x = b. */
    double[] solve(double[] b) {
        double[] x = forward(b);
        for (int i = x.length - 1; i >= 0; i--) {
            x[i] /= lower[i][i];
            for (int j = 0; j < i; j++) {
                x[j] -= lower[i][j] * x[i];
            }
        }
        return x;
    }
}
