package io.kiln.masking.order;

import io.kiln.images.Bitmap;
import io.kiln.images.DifferenceHash;

/**
 * Perceptual hash of an image, by which near duplicates are found: the {@link DifferenceHash} of
 * the image averaged to grey cells. Scaling, compression and brightness change few bits; another
 * crop or a flip changes many.
 */
public final class PerceptualHash {
    /** Pixels that are sampled along each side of a cell. */
    private static final int SAMPLES = 16;

    private PerceptualHash() {}

    /** 64 bits in row-major order, the first cell in the highest bit. */
    public static long of(Bitmap image) {
        return DifferenceHash.of((row, column) -> grey(image, row, column));
    }

    /** Mean of a cell's luma (ITU-R BT.601), in units of 1/256000. */
    private static long grey(Bitmap image, int row, int column) {
        int top = (int) ((long) row * image.height() / DifferenceHash.ROWS);
        int bottom = Math.max(top + 1, (int) ((row + 1L) * image.height() / DifferenceHash.ROWS));
        int first = (int) ((long) column * image.width() / DifferenceHash.COLUMNS);
        int end =
                Math.max(first + 1, (int) ((column + 1L) * image.width() / DifferenceHash.COLUMNS));
        int down = Math.max(1, (bottom - top) / SAMPLES);
        int across = Math.max(1, (end - first) / SAMPLES);
        long sum = 0;
        int pixels = 0;
        for (int y = top; y < bottom; y += down) {
            for (int x = first; x < end; x += across) {
                sum += luma(image, y, x);
                pixels++;
            }
        }
        return sum * 256 / pixels;
    }

    /** Luma in thousandths; the first channel if the image is not RGB. */
    private static long luma(Bitmap image, int y, int x) {
        if (image.channels() != Bitmap.RGB) {
            return 1000L * image.value(y, x, 0);
        }
        return 299L * image.value(y, x, 0)
                + 587L * image.value(y, x, 1)
                + 114L * image.value(y, x, 2);
    }
}
