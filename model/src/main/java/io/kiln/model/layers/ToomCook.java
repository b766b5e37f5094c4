package io.kiln.model.layers;

/**
 * The matrices of short convolutions with few multiplications: evaluate both factors at points,
 * multiply, interpolate (Toom and Cook; for convolutions Winograd, 1980). The points are the given
 * numbers and infinity. All matrices are of one dimension; {@link #squared} makes of one the matrix
 * of two dimensions.
 */
final class ToomCook {
    private final double[] points;

    /**
     * @param points distinct; infinity is added to them
     */
    ToomCook(double... points) {
        this.points = points.clone();
    }

    /** [points, taps]: values of a polynomial, given by its coefficients, at the points. */
    double[][] evaluate(int taps) {
        double[][] values = new double[points.length + 1][taps];
        for (int i = 0; i < points.length; i++) {
            double power = 1;
            for (int tap = 0; tap < taps; tap++) {
                values[i][tap] = power;
                power *= points[i];
            }
        }
        values[points.length][taps - 1] = 1;
        return values;
    }

    /** [points, points]: coefficients of a polynomial from its values at the points. */
    double[][] interpolate() {
        return inverse(evaluate(points.length + 1));
    }

    /** The same matrix for two dimensions: its Kronecker product with itself. */
    static double[][] squared(double[][] a) {
        return kronecker(a, a);
    }

    /** Kronecker product: of the rows' dimension and the columns'. */
    static double[][] kronecker(double[][] a, double[][] b) {
        double[][] product = new double[a.length * b.length][a[0].length * b[0].length];
        for (int i = 0; i < product.length; i++) {
            for (int j = 0; j < product[i].length; j++) {
                product[i][j] = a[i / b.length][j / b[0].length] * b[i % b.length][j % b[0].length];
            }
        }
        return product;
    }

    static double[][] transposed(double[][] a) {
        double[][] t = new double[a[0].length][a.length];
        for (int i = 0; i < t.length; i++) {
            for (int j = 0; j < a.length; j++) {
                t[i][j] = a[j][i];
            }
        }
        return t;
    }

    static double[][] product(double[][] a, double[][] b) {
        double[][] product = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int k = 0; k < b.length; k++) {
                for (int j = 0; j < b[0].length; j++) {
                    product[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return product;
    }

    /** By Gauss and Jordan, with the largest pivot of each column. */
    private static double[][] inverse(double[][] matrix) {
        int n = matrix.length;
        double[][] a = new double[n][2 * n];
        for (int i = 0; i < n; i++) {
            System.arraycopy(matrix[i], 0, a[i], 0, n);
            a[i][n + i] = 1;
        }
        for (int column = 0; column < n; column++) {
            int pivot = column;
            for (int i = column; i < n; i++) {
                pivot = Math.abs(a[i][column]) > Math.abs(a[pivot][column]) ? i : pivot;
            }
            double[] row = a[pivot];
            a[pivot] = a[column];
            a[column] = row;
            double scale = row[column];
            for (int j = 0; j < 2 * n; j++) {
                row[j] /= scale;
            }
            for (int i = 0; i < n; i++) {
                double factor = a[i][column];
                for (int j = 0; i != column && j < 2 * n; j++) {
                    a[i][j] -= factor * row[j];
                }
            }
        }
        double[][] inverse = new double[n][n];
        for (int i = 0; i < n; i++) {
            System.arraycopy(a[i], n, inverse[i], 0, n);
        }
        return inverse;
    }
}
