package io.kiln.images;

/**
 * Cuts a rectangle out of an image and resizes it, bicubic and antialiased, to the same bytes as
 * Pillow 13's {@code image.crop(box).resize(size, BICUBIC)}: along rows, then along columns, or the
 * other way round, rounded to 8 bits in between, or to 16 where samples have 16 ({@link
 * WideResampler}). Pixels outside the crop have no influence.
 */
public final class Resampler {
    /** Part of an array of pixels: uint8 [height, width, channels] that starts at origin. */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    private record Region(
            byte[] samples, int origin, int stride, int height, int width, int channels) {
        static Region packed(int height, int width, int channels) {
            byte[] samples = new byte[Math.multiplyExact(height * channels, width)];
            return new Region(samples, 0, width * channels, height, width, channels);
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
     * @return an image of its own, also where nothing had to be resized
     */
    public static Bitmap cropAndResize(Bitmap image, Crop crop, int height, int width) {
        crop.requireInside(image);
        if (image.sampleBytes() == 2) {
            return new WideResampler(image, crop, height, width, columnsFirst(crop, height, width))
                    .resized();
        }
        int channels = image.channels();
        int stride = image.width() * channels;
        int origin = crop.top() * stride + crop.left() * channels;
        Region cut =
                new Region(image.samples(), origin, stride, crop.height(), crop.width(), channels);
        Region result =
                columnsFirst(crop, height, width)
                        ? resizeRows(resizeColumns(cut, height), width)
                        : resizeRowsThenColumns(cut, height, width);
        boolean untouched = result.samples() == image.samples();
        return new Bitmap(height, width, channels, untouched ? copy(cut) : result.samples());
    }

    /** Pillow's choice, which decides what is rounded in between. */
    private static boolean columnsFirst(Crop crop, int height, int width) {
        return crop.height() > height && crop.height() - height > 2 * (crop.width() - width);
    }

    /** Mirrors an image left to right, in place. */
    public static void flip(Bitmap image) {
        byte[] samples = image.samples();
        int pixel = image.pixelBytes();
        for (int row = 0; row < image.height(); row++) {
            int left = row * image.rowBytes();
            int right = left + image.rowBytes() - pixel;
            for (; left < right; left += pixel, right -= pixel) {
                for (int i = 0; i < pixel; i++) {
                    byte kept = samples[left + i];
                    samples[left + i] = samples[right + i];
                    samples[right + i] = kept;
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
        Region result = Region.packed(height, width, source.channels());
        resizeColumns(source.height(), resized(source, width), result);
        return result;
    }

    private static Region resizeRows(Region source, int width) {
        if (source.width() == width) {
            return source;
        }
        Region result = Region.packed(source.height(), width, source.channels());
        WideRows rows = resized(source, width);
        int[][] block = new int[WideRows.BLOCK][result.stride()];
        for (int row = 0; row < source.height(); row += WideRows.BLOCK) {
            int count = Math.min(WideRows.BLOCK, source.height() - row);
            rows.read(row, count, block);
            for (int i = 0; i < count; i++) {
                narrow(block[i], result.samples(), result.row(row + i));
            }
        }
        return result;
    }

    private static Region resizeColumns(Region source, int height) {
        if (source.height() == height) {
            return source;
        }
        Region result = Region.packed(height, source.width(), source.channels());
        resizeColumns(source.height(), widened(source), result);
        return result;
    }

    /** Each row is read once, into a ring that holds a block beside all that weights reach over. */
    private static void resizeColumns(int sourceHeight, WideRows rows, Region result) {
        ResampleWeights weights = ResampleWeights.of(sourceHeight, result.height());
        int[][] ring = new int[weights.taps() + WideRows.BLOCK][result.stride()];
        int[][] block = new int[WideRows.BLOCK][];
        int[] sums = new int[result.stride()];
        int read = 0;
        for (int i = 0; i < result.height(); i++) {
            while (read < weights.end(i)) {
                int count = Math.min(WideRows.BLOCK, sourceHeight - read);
                for (int row = 0; row < count; row++) {
                    block[row] = ring[(read + row) % ring.length];
                }
                rows.read(read, count, block);
                read += count;
            }
            RowSums.of(ring, weights, i, sums);
            narrow(sums, result.samples(), result.row(i));
        }
    }

    private static WideRows resized(Region source, int width) {
        return new ResizedRows(
                source.samples(),
                source.origin(),
                source.stride(),
                source.channels(),
                ResampleWeights.of(source.width(), width));
    }

    private static WideRows widened(Region source) {
        return (row, count, into) -> {
            for (int i = 0; i < count; i++) {
                widen(source.samples(), source.row(row + i), into[i]);
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
        Region result = Region.packed(cut.height(), cut.width(), cut.channels());
        for (int row = 0; row < cut.height(); row++) {
            System.arraycopy(
                    cut.samples(),
                    cut.row(row),
                    result.samples(),
                    result.row(row),
                    result.stride());
        }
        return result.samples();
    }
}
