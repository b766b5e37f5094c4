package io.kiln.masking.order;

import io.kiln.images.Bitmap;

/**
 * A fingerprint of what a picture looks like, by which near duplicates are known: the picture is
 * averaged to 8 rows of 9 grey cells; each of the 64 bits says whether a cell is darker than its
 * right neighbour. The gradient hash of N. Krawetz ("Kind of Like That", hackerfactor.com, 2013).
 * Scaling, compression and brightness change few bits; another crop or a mirrored picture many.
 */
public final class PerceptualHash {
    private static final int ROWS = 8;
    private static final int COLUMNS = 9;

    /** Pixels looked at, a row or column of a cell. */
    private static final int SAMPLES = 16;

    private PerceptualHash() {}

    /** 64 bits, row-major, the first cell in the highest bit. */
    public static long of(Bitmap picture) {
        long bits = 0;
        for (int row = 0; row < ROWS; row++) {
            long left = grey(picture, row, 0);
            for (int column = 1; column < COLUMNS; column++) {
                long right = grey(picture, row, column);
                bits = bits << 1 | (left < right ? 1 : 0);
                left = right;
            }
        }
        return bits;
    }

    /** Mean of a cell's luma (ITU-R BT.601) in units of 1/256000. */
    private static long grey(Bitmap picture, int row, int column) {
        int top = (int) ((long) row * picture.height() / ROWS);
        int bottom = Math.max(top + 1, (int) ((row + 1L) * picture.height() / ROWS));
        int first = (int) ((long) column * picture.width() / COLUMNS);
        int end = Math.max(first + 1, (int) ((column + 1L) * picture.width() / COLUMNS));
        int down = Math.max(1, (bottom - top) / SAMPLES);
        int across = Math.max(1, (end - first) / SAMPLES);
        long sum = 0;
        int pixels = 0;
        for (int y = top; y < bottom; y += down) {
            for (int x = first; x < end; x += across) {
                sum += luma(picture, y, x);
                pixels++;
            }
        }
        return sum * 256 / pixels;
    }

    /** In thousandths. Of other than three channels the first counts. */
    private static long luma(Bitmap picture, int y, int x) {
        if (picture.channels() != Bitmap.RGB) {
            return 1000L * picture.value(y, x, 0);
        }
        return 299L * picture.value(y, x, 0)
                + 587L * picture.value(y, x, 1)
                + 114L * picture.value(y, x, 2);
    }
}
