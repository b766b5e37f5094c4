package io.kiln.masking.image;

import java.util.Arrays;

/**
 * Cuts a rectangle out of a picture and resizes it, bicubic and antialiased, to the same bytes as
 * Pillow 13's {@code image.crop(box).resize(size, BICUBIC)}: along rows, then along columns, or the
 * other way round, rounded to 8 bits in between. Pixels outside the crop have no influence.
 */
public final class Resampler {
    private static final int C = RgbImage.CHANNELS;
    private static final int HALF = 1 << (ResampleWeights.FRACTION_BITS - 1);
    private static final long HALF_PAIR = HALF | (long) HALF << 32;

    /** Part of an array of pixels: uint8 [height, width, 3] that starts at origin. */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    private record Region(byte[] rgb, int origin, int stride, int height, int width) {
        static Region packed(int height, int width) {
            byte[] rgb = new byte[Math.multiplyExact(height * C, width)];
            return new Region(rgb, 0, width * C, height, width);
        }

        int row(int index) {
            return origin + index * stride;
        }
    }

    private Resampler() {}

    /**
     * Cuts and resizes.
     *
     * @param crop inside the image
     * @param height rows of the result
     * @param width columns of the result
     * @return a picture of its own, also where nothing had to be resized
     */
    public static RgbImage cropAndResize(RgbImage image, Crop crop, int height, int width) {
        crop.requireInside(image);
        int stride = image.width() * C;
        int origin = crop.top() * stride + crop.left() * C;
        Region cut = new Region(image.rgb(), origin, stride, crop.height(), crop.width());
        Region result =
                columnsFirst(crop, height, width)
                        ? resizeRows(resizeColumns(cut, height), width)
                        : resizeRowsThenColumns(cut, height, width);
        boolean untouched = result.rgb() == image.rgb();
        return new RgbImage(height, width, untouched ? copy(cut) : result.rgb());
    }

    /** Pillow's choice, which decides what is rounded in between. */
    private static boolean columnsFirst(Crop crop, int height, int width) {
        return crop.height() > height && crop.height() - height > 2 * (crop.width() - width);
    }

    /** Mirrors a picture left to right, in place. */
    public static void flip(RgbImage image) {
        byte[] rgb = image.rgb();
        for (int row = 0; row < image.height(); row++) {
            int left = row * image.width() * C;
            int right = left + (image.width() - 1) * C;
            for (; left < right; left += C, right -= C) {
                for (int channel = 0; channel < C; channel++) {
                    byte kept = rgb[left + channel];
                    rgb[left + channel] = rgb[right + channel];
                    rgb[right + channel] = kept;
                }
            }
        }
    }

    private static Region resizeRowsThenColumns(Region source, int height, int width) {
        if (source.width() == width) {
            return resizeColumns(source, height);
        }
        if (source.height() == height) {
            return resizeRows(source, width);
        }
        Region result = Region.packed(height, width);
        resizeColumns(source.height(), resizing(source, width), result);
        return result;
    }

    private static Region resizeRows(Region source, int width) {
        if (source.width() == width) {
            return source;
        }
        Region result = Region.packed(source.height(), width);
        WideRows rows = resizing(source, width);
        int[] first = new int[width * C];
        int[] second = new int[width * C];
        for (int row = 0; row < source.height(); row += 2) {
            int other = Math.min(row + 1, source.height() - 1);
            rows.read(row, other, first, second);
            narrow(first, result.rgb(), result.row(row));
            narrow(second, result.rgb(), result.row(other));
        }
        return result;
    }

    /** Gives rows of a picture, two at a time, a byte to an int. */
    private interface WideRows {
        void read(int row, int other, int[] into, int[] otherInto);
    }

    private static WideRows resizing(Region source, int width) {
        ResampleWeights weights = ResampleWeights.of(source.width(), width);
        long[] pair = new long[source.width() * C];
        return (row, other, into, otherInto) -> {
            pair(source.rgb(), source.row(row), source.row(other), pair);
            resizePair(pair, weights, into, otherInto);
        };
    }

    private static WideRows widening(Region source) {
        return (row, other, into, otherInto) -> {
            widen(source.rgb(), source.row(row), into);
            widen(source.rgb(), source.row(other), otherInto);
        };
    }

    /** Two rows side by side: a value of the first in the lower 32 bits, of the second above. */
    private static void pair(byte[] source, int first, int second, long[] pair) {
        for (int j = 0; j < pair.length; j++) {
            pair[j] = source[first + j] & 0xFF | (source[second + j] & 0xFFL) << 32;
        }
    }

    /**
     * One multiplication serves two rows: the sum of weight * (first + second * 2^32) is the first
     * row's sum plus the second's times 2^32, and either fits 32 bits with its sign.
     */
    private static void resizePair(
            long[] pair, ResampleWeights weights, int[] first, int[] second) {
        int[] taps = weights.weights();
        int at = 0;
        for (int i = 0; i < weights.first().length; i++) {
            long red = HALF_PAIR;
            long green = HALF_PAIR;
            long blue = HALF_PAIR;
            int pixel = weights.first()[i] * C;
            int tap = i * weights.taps();
            for (int end = tap + weights.count()[i]; tap < end; tap++) {
                long weight = taps[tap];
                red += pair[pixel] * weight;
                green += pair[pixel + 1] * weight;
                blue += pair[pixel + 2] * weight;
                pixel += C;
            }
            first[at] = clip((int) red);
            first[at + 1] = clip((int) green);
            first[at + 2] = clip((int) blue);
            second[at] = clip(upper(red));
            second[at + 1] = clip(upper(green));
            second[at + 2] = clip(upper(blue));
            at += C;
        }
    }

    /** The second row's sum: a negative first one has borrowed from it. */
    private static int upper(long sums) {
        return (int) ((sums - (int) sums) >> 32);
    }

    private static Region resizeColumns(Region source, int height) {
        if (source.height() == height) {
            return source;
        }
        Region result = Region.packed(height, source.width());
        resizeColumns(source.height(), widening(source), result);
        return result;
    }

    /**
     * Each row is read once, into a ring that holds as many as weights reach over and the one that
     * was read along. Of sums of int the compiler makes vector instructions, of bytes it does not.
     */
    private static void resizeColumns(int sourceHeight, WideRows rows, Region result) {
        ResampleWeights weights = ResampleWeights.of(sourceHeight, result.height());
        int[][] ring = new int[weights.taps() + 1][result.width() * C];
        int[] sums = new int[result.width() * C];
        int read = 0;
        for (int i = 0; i < result.height(); i++) {
            int first = weights.first()[i];
            int end = first + weights.count()[i];
            for (; read < end; read += 2) {
                // The last row of an odd number goes with itself.
                int other = Math.min(read + 1, sourceHeight - 1);
                rows.read(read, other, ring[read % ring.length], ring[other % ring.length]);
            }
            Arrays.fill(sums, HALF);
            for (int row = first; row < end; row++) {
                int weight = weights.weights()[i * weights.taps() + row - first];
                addRow(ring[row % ring.length], weight, sums);
            }
            clip(sums, result.rgb(), result.row(i));
        }
    }

    private static void widen(byte[] source, int from, int[] row) {
        for (int j = 0; j < row.length; j++) {
            row[j] = source[from + j] & 0xFF;
        }
    }

    private static void addRow(int[] row, int weight, int[] sums) {
        for (int j = 0; j < sums.length; j++) {
            sums[j] += row[j] * weight;
        }
    }

    private static void clip(int[] sums, byte[] result, int to) {
        for (int j = 0; j < sums.length; j++) {
            result[to + j] = (byte) clip(sums[j]);
        }
    }

    private static void narrow(int[] row, byte[] result, int to) {
        for (int j = 0; j < row.length; j++) {
            result[to + j] = (byte) row[j];
        }
    }

    private static byte[] copy(Region cut) {
        Region result = Region.packed(cut.height(), cut.width());
        for (int row = 0; row < cut.height(); row++) {
            System.arraycopy(
                    cut.rgb(), cut.row(row), result.rgb(), result.row(row), result.stride());
        }
        return result.rgb();
    }

    private static int clip(int sum) {
        return Math.max(0, Math.min(255, sum >> ResampleWeights.FRACTION_BITS));
    }
}
