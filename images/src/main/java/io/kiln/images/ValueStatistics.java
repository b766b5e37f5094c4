package io.kiln.images;

import java.util.Arrays;

/** Range, mean and standard deviation of the values that images hold, for each channel. */
public final class ValueStatistics {
    private final double[] min;
    private final double[] max;
    private final double[] mean;
    private final double[] squares;
    private long images;
    private long pixels;
    private int bits;

    /**
     * @param channels of every image
     */
    public ValueStatistics(int channels) {
        this.min = new double[channels];
        this.max = new double[channels];
        this.mean = new double[channels];
        this.squares = new double[channels];
        Arrays.fill(min, Double.POSITIVE_INFINITY);
        Arrays.fill(max, Double.NEGATIVE_INFINITY);
    }

    void add(Bitmap image, int valueBits) throws BadImageException {
        requireFinite(image);
        int channels = image.channels();
        long count = (long) image.height() * image.width();
        for (int channel = 0; channel < min.length; channel++) {
            double sum = 0;
            for (int i = channel; i < count * channels; i += channels) {
                double value = image.value(i);
                min[channel] = Math.min(min[channel], value);
                max[channel] = Math.max(max[channel], value);
                sum += value;
            }
            double here = sum / count;
            double around = 0;
            for (int i = channel; i < count * channels; i += channels) {
                double distance = image.value(i) - here;
                around += distance * distance;
            }
            merge(channel, count, here, around);
        }
        images++;
        pixels += count;
        bits = Math.max(bits, valueBits);
    }

    /** Joins an image to those before (Chan, Golub and LeVeque, 1979), without cancellation. */
    private void merge(int channel, long count, double here, double around) {
        double distance = here - mean[channel];
        double all = pixels + count;
        mean[channel] += distance * count / all;
        squares[channel] += around + distance * distance * pixels * count / all;
    }

    private static void requireFinite(Bitmap image) throws BadImageException {
        int values = image.samples().length / image.sampleBytes();
        for (int i = 0; image.sampleBytes() == 4 && i < values; i++) {
            double value = image.value(i);
            if (!Double.isFinite(value)) {
                throw SampleScale.notFinite(image, i, value);
            }
        }
    }

    public int channels() {
        return min.length;
    }

    /** Images so far. */
    public long images() {
        return images;
    }

    /** Pixels so far. */
    public long pixels() {
        return pixels;
    }

    /**
     * The most bits that a value of an image has: 8 to 16, or 32 for numbers with a sign or point.
     */
    public int bits() {
        return bits;
    }

    /** Lowest value of a channel. */
    public double min(int channel) {
        return min[channel];
    }

    /** Highest value of a channel. */
    public double max(int channel) {
        return max[channel];
    }

    /** Mean of a channel. */
    public double mean(int channel) {
        return mean[channel];
    }

    /** Standard deviation of a channel. */
    public double std(int channel) {
        return Math.sqrt(squares[channel] / pixels);
    }
}
