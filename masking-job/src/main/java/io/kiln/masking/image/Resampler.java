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
                        : resizeColumns(resizeRows(cut, width), height);
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

    private static Region resizeRows(Region source, int width) {
        if (source.width() == width) {
            return source;
        }
        Region result = Region.packed(source.height(), width);
        ResampleWeights weights = ResampleWeights.of(source.width(), width);
        for (int row = 0; row < source.height(); row++) {
            resizeRow(source.rgb(), source.row(row), weights, result.rgb(), result.row(row));
        }
        return result;
    }

    private static void resizeRow(
            byte[] source, int from, ResampleWeights weights, byte[] result, int to) {
        int[] taps = weights.weights();
        int at = to;
        for (int i = 0; i < weights.first().length; i++) {
            int red = HALF;
            int green = HALF;
            int blue = HALF;
            int pixel = from + weights.first()[i] * C;
            int tap = i * weights.taps();
            for (int end = tap + weights.count()[i]; tap < end; tap++) {
                int weight = taps[tap];
                red += (source[pixel] & 0xFF) * weight;
                green += (source[pixel + 1] & 0xFF) * weight;
                blue += (source[pixel + 2] & 0xFF) * weight;
                pixel += C;
            }
            result[at] = clip(red);
            result[at + 1] = clip(green);
            result[at + 2] = clip(blue);
            at += C;
        }
    }

    private static Region resizeColumns(Region source, int height) {
        if (source.height() == height) {
            return source;
        }
        Region result = Region.packed(height, source.width());
        ResampleWeights weights = ResampleWeights.of(source.height(), height);
        int[] sums = new int[source.width() * C];
        for (int i = 0; i < height; i++) {
            Arrays.fill(sums, HALF);
            for (int k = 0; k < weights.count()[i]; k++) {
                int weight = weights.weights()[i * weights.taps() + k];
                addRow(source.rgb(), source.row(weights.first()[i] + k), weight, sums);
            }
            int to = result.row(i);
            for (int j = 0; j < sums.length; j++) {
                result.rgb()[to + j] = clip(sums[j]);
            }
        }
        return result;
    }

    private static void addRow(byte[] source, int from, int weight, int[] sums) {
        for (int j = 0; j < sums.length; j++) {
            sums[j] += (source[from + j] & 0xFF) * weight;
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

    private static byte clip(int sum) {
        return (byte) Math.max(0, Math.min(255, sum >> ResampleWeights.FRACTION_BITS));
    }
}
