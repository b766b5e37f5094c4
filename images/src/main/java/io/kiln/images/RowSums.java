package io.kiln.images;

import java.util.Arrays;

/**
 * Weighted sums of rows, the inner loop of a resize in either direction. Rows are arrays of their
 * own and of int: of these loops the compiler then makes vector instructions. Of parts of one
 * array, or of bytes, it does not.
 */
final class RowSums {
    private static final int HALF = 1 << (ResampleWeights.FRACTION_BITS - 1);

    private RowSums() {}

    /**
     * The sum of input rows that makes output row i, rounded and clipped to 0..255.
     *
     * @param ring holds input row r at r modulo its length
     * @param sums as long as a row; overwritten
     */
    static void of(int[][] ring, ResampleWeights weights, int i, int[] sums) {
        int[] weight = weights.weights();
        int row = weights.first()[i];
        int tap = i * weights.taps();
        int end = tap + weights.count()[i];
        Arrays.fill(sums, HALF);
        for (; tap + 4 <= end; tap += 4, row += 4) {
            add(
                    ring[row % ring.length],
                    ring[(row + 1) % ring.length],
                    ring[(row + 2) % ring.length],
                    ring[(row + 3) % ring.length],
                    weight[tap],
                    weight[tap + 1],
                    weight[tap + 2],
                    weight[tap + 3],
                    sums);
        }
        for (; tap < end; tap++, row++) {
            add(ring[row % ring.length], weight[tap], sums);
        }
        round(sums);
    }

    /** Four rows at once: sums are loaded and stored a quarter as often. */
    private static void add(
            int[] a, int[] b, int[] c, int[] d, int wa, int wb, int wc, int wd, int[] sums) {
        for (int j = 0; j < sums.length; j++) {
            sums[j] += a[j] * wa + b[j] * wb + c[j] * wc + d[j] * wd;
        }
    }

    private static void add(int[] row, int weight, int[] sums) {
        for (int j = 0; j < sums.length; j++) {
            sums[j] += row[j] * weight;
        }
    }

    private static void round(int[] sums) {
        for (int j = 0; j < sums.length; j++) {
            sums[j] = Math.max(0, Math.min(255, sums[j] >> ResampleWeights.FRACTION_BITS));
        }
    }
}
