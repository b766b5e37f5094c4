package io.kiln.evaluation.measures;

/**
 * Eigenvalues of a real symmetric matrix, by Householder's tridiagonalisation and bisection (Golub
 * and Van Loan, "Matrix Computations", 4th edition, sections 8.3.1 and 8.4.1). The error of each is
 * about 1e-15 of the largest. A function of the matrix: no sum is split over threads.
 */
final class SymmetricEigenvalues {
    private static final double EPSILON = Math.ulp(1.0);

    private SymmetricEigenvalues() {}

    /**
     * All eigenvalues, ascending.
     *
     * @param matrix [n, n], symmetric; used up
     */
    static double[] of(double[][] matrix) {
        int n = matrix.length;
        double[] diagonal = new double[n];
        double[] beside = new double[n]; // beside[i] couples i − 1 and i
        tridiagonal(matrix, diagonal, beside);
        double radius = 0;
        for (int i = 0; i < n; i++) { // Gershgorin's circles
            double next = i + 1 < n ? Math.abs(beside[i + 1]) : 0;
            radius = Math.max(radius, Math.abs(diagonal[i]) + Math.abs(beside[i]) + next);
        }
        double[] eigenvalues = new double[n];
        for (int k = 0; k < n; k++) {
            eigenvalues[k] = bisect(diagonal, beside, k, radius);
        }
        return eigenvalues;
    }

    /** Reflects column after column, so that but three diagonals become 0. */
    private static void tridiagonal(double[][] a, double[] diagonal, double[] beside) {
        int n = a.length;
        for (int k = 0; k + 1 < n; k++) {
            diagonal[k] = a[k][k];
            double norm = 0;
            for (int i = k + 1; i < n; i++) {
                norm = Math.hypot(norm, a[i][k]);
            }
            double alpha = a[k + 1][k] > 0 ? -norm : norm;
            beside[k + 1] = alpha;
            if (norm > 0) {
                reflect(a, k, alpha);
            }
        }
        diagonal[n - 1] = a[n - 1][n - 1];
    }

    private static void reflect(double[][] a, int k, double alpha) {
        int n = a.length;
        double[] v = new double[n];
        double square = 0;
        for (int i = k + 1; i < n; i++) {
            v[i] = a[i][k] - (i == k + 1 ? alpha : 0);
            square += v[i] * v[i];
        }
        if (square == 0) {
            return;
        }
        double[] w = new double[n];
        double product = 0;
        for (int i = k + 1; i < n; i++) {
            double sum = 0;
            for (int j = k + 1; j < n; j++) {
                sum += a[i][j] * v[j];
            }
            w[i] = 2 * sum / square;
            product += w[i] * v[i];
        }
        for (int i = k + 1; i < n; i++) {
            w[i] -= product / square * v[i];
        }
        for (int i = k + 1; i < n; i++) {
            for (int j = k + 1; j < n; j++) {
                a[i][j] -= v[i] * w[j] + w[i] * v[j];
            }
        }
    }

    /** Eigenvalue number k, ascending from 0. */
    private static double bisect(double[] diagonal, double[] beside, int k, double radius) {
        double low = -radius;
        double high = radius;
        while (high - low > EPSILON * radius) {
            double middle = low + (high - low) / 2;
            if (middle <= low || middle >= high) {
                break;
            }
            if (below(diagonal, beside, middle) > k) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return low + (high - low) / 2;
    }

    /** How many eigenvalues are below x: sign changes of Sturm's sequence. */
    private static int below(double[] diagonal, double[] beside, double x) {
        int count = 0;
        double q = 1;
        for (int i = 0; i < diagonal.length; i++) {
            double square = i == 0 ? 0 : beside[i] * beside[i];
            q = diagonal[i] - x - (square == 0 ? 0 : square / q);
            if (q == 0) {
                q = -Double.MIN_NORMAL;
            }
            if (q < 0) {
                count++;
            }
        }
        return count;
    }
}
