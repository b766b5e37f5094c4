package io.kiln.images;

/**
 * Weights of one direction of an antialiased bicubic resize, as Pillow makes them
 * (libImaging/Resample.c, precompute_coeffs and normalize_coeffs_8bpc): output pixel i is the sum
 * of weights[i * taps + k] * input[first[i] + k] over k &lt; count[i].
 *
 * @param taps longest row of weights
 * @param first first input pixel of each output pixel
 * @param count number of input pixels of each output pixel
 * @param weights fixed point with {@link #FRACTION_BITS} bits of fraction; a row sums to about 1;
 *     empty if the exact ones were asked for
 * @param exact the weights before rounding; else empty
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record ResampleWeights(int taps, int[] first, int[] count, int[] weights, double[] exact) {
    /** Eight bits are for the pixel, two for sums that overshoot. */
    static final int FRACTION_BITS = 32 - 8 - 2;

    private static final double SUPPORT = 2;
    private static final double A = -0.5;

    /**
     * @param input pixels there are
     * @param output pixels to make
     */
    static ResampleWeights of(int input, int output) {
        return of(input, output, false);
    }

    /** For samples of 16 bits, which take more than fixed point holds. */
    static ResampleWeights exact(int input, int output) {
        return of(input, output, true);
    }

    private static ResampleWeights of(int input, int output, boolean isExact) {
        double scale = (double) input / output;
        double stretch = Math.max(scale, 1);
        double support = SUPPORT * stretch;
        int taps = (int) Math.ceil(support) * 2 + 1;
        int[] first = new int[output];
        int[] count = new int[output];
        int size = Math.multiplyExact(output, taps);
        int[] weights = new int[isExact ? 0 : size];
        double[] exact = new double[isExact ? size : 0];
        double[] row = new double[taps];
        for (int i = 0; i < output; i++) {
            double centre = (i + 0.5) * scale;
            first[i] = Math.max(0, (int) (centre - support + 0.5));
            count[i] = Math.min(input, (int) (centre + support + 0.5)) - first[i];
            double sum = 0;
            for (int k = 0; k < count[i]; k++) {
                row[k] = bicubic((k + first[i] - centre + 0.5) * (1 / stretch));
                sum += row[k];
            }
            for (int k = 0; k < count[i]; k++) {
                double weight = sum == 0 ? row[k] : row[k] / sum;
                if (isExact) {
                    exact[i * taps + k] = weight;
                } else {
                    weights[i * taps + k] = fixedPoint(weight);
                }
            }
        }
        return new ResampleWeights(taps, first, count, weights, exact);
    }

    /** Number of output pixels. */
    int outputs() {
        return first.length;
    }

    /** The input pixel behind the last that output pixel i needs. */
    int end(int i) {
        return first[i] + count[i];
    }

    private static int fixedPoint(double weight) {
        double scaled = weight * (1 << FRACTION_BITS);
        return (int) (weight < 0 ? scaled - 0.5 : scaled + 0.5);
    }

    /** Keys' cubic convolution with a = -0.5. */
    private static double bicubic(double distance) {
        double x = Math.abs(distance);
        if (x < 1) {
            return ((A + 2) * x - (A + 3)) * x * x + 1;
        }
        if (x < 2) {
            return (((x - 5) * x + 8) * x - 4) * A;
        }
        return 0;
    }
}
