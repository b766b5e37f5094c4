package io.kiln.masking;

/**
 * Crops and resizes with an antialiased bicubic filter, exactly as Pillow's Image.resize(BICUBIC)
 * does on the cropped picture: first along rows, then along columns, each pass in fixed point with
 * 22 fractional bits and a result rounded to bytes (Pillow, Resample.c). Reuses its buffers, so not
 * thread-safe.
 */
public final class Resampler {
    private static final int PRECISION_BITS = 22;
    private static final int ROUNDING = 1 << (PRECISION_BITS - 1);
    private static final double SUPPORT = 2;
    private static final double A = -0.5;
    private static final int CHANNELS = Picture.CHANNELS;

    private byte[] between = new byte[0];

    /**
     * @param picture of any size
     * @param crop inside the picture
     * @param width pixels of the result
     * @param height pixels of the result
     * @return uint8 [height, width, 3]
     */
    public byte[] resize(Picture picture, Crop crop, int width, int height) {
        if (between.length < crop.height() * width * CHANNELS) {
            between = new byte[crop.height() * width * CHANNELS];
        }
        horizontally(picture, crop, width);
        byte[] result = new byte[width * height * CHANNELS];
        vertically(crop.height(), width, height, result);
        if (crop.flipped()) {
            flip(result, width, height);
        }
        return result;
    }

    private void horizontally(Picture picture, Crop crop, int width) {
        Taps taps = Taps.of(crop.width(), width);
        byte[] rgb = picture.rgb();
        for (int y = 0; y < crop.height(); y++) {
            int line = ((crop.top() + y) * picture.width() + crop.left()) * CHANNELS;
            int out = y * width * CHANNELS;
            for (int x = 0; x < width; x++) {
                int in = line + taps.first[x] * CHANNELS;
                int red = ROUNDING;
                int green = ROUNDING;
                int blue = ROUNDING;
                int end = taps.start(x) + taps.count[x];
                for (int k = taps.start(x); k < end; k++, in += CHANNELS) {
                    int weight = taps.weights[k];
                    red += (rgb[in] & 0xff) * weight;
                    green += (rgb[in + 1] & 0xff) * weight;
                    blue += (rgb[in + 2] & 0xff) * weight;
                }
                between[out++] = clip(red);
                between[out++] = clip(green);
                between[out++] = clip(blue);
            }
        }
    }

    private void vertically(int inputHeight, int width, int height, byte[] result) {
        Taps taps = Taps.of(inputHeight, height);
        int line = width * CHANNELS;
        int[] sums = new int[line];
        for (int y = 0; y < height; y++) {
            java.util.Arrays.fill(sums, ROUNDING);
            for (int k = 0; k < taps.count[y]; k++) {
                int weight = taps.weights[taps.start(y) + k];
                int in = (taps.first[y] + k) * line;
                for (int i = 0; i < line; i++) {
                    sums[i] += (between[in + i] & 0xff) * weight;
                }
            }
            int out = y * line;
            for (int i = 0; i < line; i++) {
                result[out + i] = clip(sums[i]);
            }
        }
    }

    private static byte clip(int fixed) {
        return (byte) Math.max(0, Math.min(255, fixed >> PRECISION_BITS));
    }

    private static void flip(byte[] image, int width, int height) {
        for (int y = 0; y < height; y++) {
            for (int left = y * width, right = left + width - 1; left < right; left++, right--) {
                for (int c = 0; c < CHANNELS; c++) {
                    byte swapped = image[left * CHANNELS + c];
                    image[left * CHANNELS + c] = image[right * CHANNELS + c];
                    image[right * CHANNELS + c] = swapped;
                }
            }
        }
    }

    /**
     * Which input pixels each output pixel is made of, and how much of each, along one axis.
     *
     * @param size entries of weights an output pixel
     * @param first first input pixel of each output pixel
     * @param count input pixels of each output pixel
     * @param weights fixed point, [outputs, size]
     */
    @SuppressWarnings("ArrayRecordComponent")
    private record Taps(int size, int[] first, int[] count, int[] weights) {
        int start(int output) {
            return output * size;
        }

        static Taps of(int inputs, int outputs) {
            double scale = (double) inputs / outputs;
            double filterScale = Math.max(scale, 1);
            double support = SUPPORT * filterScale;
            int size = (int) Math.ceil(support) * 2 + 1;
            Taps taps = new Taps(size, new int[outputs], new int[outputs], new int[outputs * size]);
            double[] exact = new double[size];
            for (int x = 0; x < outputs; x++) {
                double center = (x + 0.5) * scale;
                int first = Math.max(0, (int) (center - support + 0.5));
                int count = Math.min(inputs, (int) (center + support + 0.5)) - first;
                double sum = 0;
                for (int k = 0; k < count; k++) {
                    exact[k] = bicubic((k + first - center + 0.5) / filterScale);
                    sum += exact[k];
                }
                for (int k = 0; k < count; k++) {
                    double weight = exact[k] / sum * (1 << PRECISION_BITS);
                    taps.weights[taps.start(x) + k] =
                            (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
                }
                taps.first[x] = first;
                taps.count[x] = count;
            }
            return taps;
        }

        /** Keys' cubic convolution kernel with a = −0.5. */
        private static double bicubic(double distance) {
            double x = Math.abs(distance);
            if (x < 1) {
                return ((A + 2) * x - (A + 3)) * x * x + 1;
            }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
        }
    }
}
