package io.kiln.evaluation.drift;

import io.kiln.evaluation.images.WholeImage;
import io.kiln.images.DifferenceHash;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.SparseBatch;

/**
 * What is measured of one image: all statistics that need no other image, and its hash.
 *
 * @param values by the order of {@link ImageStatistic}, but for the last, which is 0
 * @param hash {@link DifferenceHash} of its luma
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record ImageFigures(double[] values, long hash) {
    private static final int RGB = 3;
    private static final double SHARPNESS_FLOOR = 1e-6;

    /** Measures a held-out image. */
    static ImageFigures of(SparseBatch record) {
        WholeImage image = WholeImage.of(record);
        double[][] luma = luma(image);
        double[] values = new double[ImageStatistic.values().length];
        double[] moments = moments(luma, 0);
        values[ImageStatistic.INTENSITY.ordinal()] = moments[0];
        values[ImageStatistic.CONTRAST.ordinal()] = Math.sqrt(moments[1]);
        values[ImageStatistic.COLOUR.ordinal()] = colour(image);
        values[ImageStatistic.SHARPNESS.ordinal()] =
                StrictMath.log10(moments(laplacian(luma), 1)[1] + SHARPNESS_FLOOR);
        values[ImageStatistic.SIZE.ordinal()] = size(record.getImages().get(0));
        return new ImageFigures(
                values, DifferenceHash.of((row, column) -> cell(luma, row, column)));
    }

    /** ITU-R BT.601 of RGB; the mean of the channels otherwise. */
    private static double[][] luma(WholeImage image) {
        double[][] luma = new double[image.height()][image.width()];
        for (int y = 0; y < luma.length; y++) {
            for (int x = 0; x < luma[y].length; x++) {
                double sum = 0;
                if (image.channels() == RGB) {
                    sum =
                            0.299 * image.sample(y, x, 0)
                                    + 0.587 * image.sample(y, x, 1)
                                    + 0.114 * image.sample(y, x, 2);
                } else {
                    for (int channel = 0; channel < image.channels(); channel++) {
                        sum += image.sample(y, x, channel) / image.channels();
                    }
                }
                luma[y][x] = sum;
            }
        }
        return luma;
    }

    /**
     * Mean and variance.
     *
     * @param border pixels at each side that do not count
     */
    private static double[] moments(double[][] plane, int border) {
        double sum = 0;
        double squares = 0;
        int count = 0;
        for (int y = border; y < plane.length - border; y++) {
            for (int x = border; x < plane[y].length - border; x++) {
                sum += plane[y][x];
                squares += plane[y][x] * plane[y][x];
                count++;
            }
        }
        double mean = sum / count;
        return new double[] {mean, Math.max(0, squares / count - mean * mean)};
    }

    private static double[][] laplacian(double[][] luma) {
        double[][] result = new double[luma.length][luma[0].length];
        for (int y = 1; y < luma.length - 1; y++) {
            for (int x = 1; x < luma[y].length - 1; x++) {
                result[y][x] =
                        luma[y - 1][x]
                                + luma[y + 1][x]
                                + luma[y][x - 1]
                                + luma[y][x + 1]
                                - 4 * luma[y][x];
            }
        }
        return result;
    }

    private static double colour(WholeImage image) {
        if (image.channels() != RGB) {
            return 0;
        }
        double[][] redGreen = new double[image.height()][image.width()];
        double[][] yellowBlue = new double[image.height()][image.width()];
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                double red = image.sample(y, x, 0);
                double green = image.sample(y, x, 1);
                redGreen[y][x] = red - green;
                yellowBlue[y][x] = (red + green) / 2 - image.sample(y, x, 2);
            }
        }
        double[] first = moments(redGreen, 0);
        double[] second = moments(yellowBlue, 0);
        return Math.sqrt(first[1] + second[1])
                + 0.3 * Math.sqrt(first[0] * first[0] + second[0] * second[0]);
    }

    /** A held-out image is cut from the middle of what was sent. */
    private static double size(ImageOrigin origin) {
        double height = origin.getCropHeight() + 2.0 * origin.getCropTop();
        double width = origin.getCropWidth() + 2.0 * origin.getCropLeft();
        return StrictMath.log(height * width) / StrictMath.log(2) / 2;
    }

    private static double cell(double[][] luma, int row, int column) {
        int top = row * luma.length / DifferenceHash.ROWS;
        int bottom = Math.max(top + 1, (row + 1) * luma.length / DifferenceHash.ROWS);
        int first = column * luma[0].length / DifferenceHash.COLUMNS;
        int end = Math.max(first + 1, (column + 1) * luma[0].length / DifferenceHash.COLUMNS);
        double sum = 0;
        for (int y = top; y < bottom; y++) {
            for (int x = first; x < end; x++) {
                sum += luma[y][x];
            }
        }
        return sum / ((bottom - top) * (end - first));
    }
}
