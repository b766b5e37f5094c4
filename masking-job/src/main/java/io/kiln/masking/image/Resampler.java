package io.kiln.masking.image;

/**
 * Cuts a rectangle out of a picture and resizes it, bicubic and antialiased, to the same bytes as
 * Pillow 13's {@code image.crop(box).resize(size, BICUBIC)}: along rows, then along columns, or the
 * other way round, rounded to 8 bits in between. Pixels outside the crop have no influence.
 */
public final class Resampler {
    private static final int C = RgbImage.CHANNELS;

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
        return resizeColumns(source.height(), resized(source, width), height, width);
    }

    private static Region resizeRows(Region source, int width) {
        if (source.width() == width) {
            return source;
        }
        Region result = Region.packed(source.height(), width);
        WideRows rows = resized(source, width);
        int[][] block = new int[WideRows.BLOCK][width * C];
        for (int row = 0; row < source.height(); row += WideRows.BLOCK) {
            int count = Math.min(WideRows.BLOCK, source.height() - row);
            rows.read(row, count, block);
            for (int i = 0; i < count; i++) {
                narrow(block[i], result.rgb(), result.row(row + i));
            }
        }
        return result;
    }

    private static Region resizeColumns(Region source, int height) {
        if (source.height() == height) {
            return source;
        }
        return resizeColumns(source.height(), widened(source), height, source.width());
    }

    /** Each row is read once, into a ring that holds a block beside all that weights reach over. */
    private static Region resizeColumns(int sourceHeight, WideRows rows, int height, int width) {
        Region result = Region.packed(height, width);
        ResampleWeights weights = ResampleWeights.of(sourceHeight, height);
        int[][] ring = new int[weights.taps() + WideRows.BLOCK][width * C];
        int[][] block = new int[WideRows.BLOCK][];
        int[] sums = new int[width * C];
        int read = 0;
        for (int i = 0; i < height; i++) {
            while (read < weights.end(i)) {
                int count = Math.min(WideRows.BLOCK, sourceHeight - read);
                for (int row = 0; row < count; row++) {
                    block[row] = ring[(read + row) % ring.length];
                }
                rows.read(read, count, block);
                read += count;
            }
            RowSums.of(ring, weights, i, sums);
            narrow(sums, result.rgb(), result.row(i));
        }
        return result;
    }

    private static WideRows resized(Region source, int width) {
        return new ResizedRows(
                source.rgb(),
                source.origin(),
                source.stride(),
                ResampleWeights.of(source.width(), width));
    }

    private static WideRows widened(Region source) {
        return (row, count, into) -> {
            for (int i = 0; i < count; i++) {
                widen(source.rgb(), source.row(row + i), into[i]);
            }
        };
    }

    private static void widen(byte[] source, int from, int[] row) {
        for (int j = 0; j < row.length; j++) {
            row[j] = source[from + j] & 0xFF;
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
}
