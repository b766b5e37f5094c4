package io.kiln.model.features;

/** Arithmetic on arrays. */
final class Vectors {
    private Vectors() {}

    static double dot(double[] a, double[] b, int length) {
        double sum = 0;
        for (int i = 0; i < length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** A vector of length 1 in the same direction. */
    static double[] unit(double[] vector) {
        double length = Math.sqrt(dot(vector, vector, vector.length));
        double[] unit = vector.clone();
        for (int i = 0; i < unit.length && length > 0; i++) {
            unit[i] /= length;
        }
        return unit;
    }

    /** Gives the values of a vector mean 0 and standard deviation 1, in place. */
    static void standardise(double[] values, double epsilon) {
        double mean = mean(values);
        double variance = 0;
        for (double value : values) {
            variance += (value - mean) * (value - mean) / values.length;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = (values[i] - mean) / Math.sqrt(variance + epsilon);
        }
    }

    static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** Index of the largest value, the first of equal ones. */
    static int largest(double[] values) {
        int largest = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[largest]) {
                largest = i;
            }
        }
        return largest;
    }
}
