package io.kiln.masking.sampling;

import io.kiln.config.InputConfig;
import io.kiln.config.MaskingConfig;
import io.kiln.images.Crop;

/**
 * Random resized crop and horizontal flip, by the rules of torchvision's
 * RandomResizedCrop.get_params and RandomHorizontalFlip. Up to ten tries draw a rectangle with a
 * random share of the area and a random aspect ratio. If none fits, the crop is the largest centred
 * rectangle with an allowed ratio.
 *
 * @param scaleMin smallest share of the image's area, in (0, 1]
 * @param scaleMax largest share
 * @param ratioMin smallest aspect ratio, width / height
 * @param ratioMax largest aspect ratio, width / height
 * @param flipProbability from 0 to 1
 */
record Augmentation(
        double scaleMin,
        double scaleMax,
        double ratioMin,
        double ratioMax,
        double flipProbability) {
    private static final int TRIES = 10;

    /** Ratios are relative to the network's input: a crop of ratio 1 is not distorted. */
    static Augmentation of(MaskingConfig masking, InputConfig input) {
        double aspect = (double) input.width() / input.height();
        return new Augmentation(
                masking.cropScaleMin(),
                masking.cropScaleMax(),
                masking.cropRatioMin() * aspect,
                masking.cropRatioMax() * aspect,
                masking.flipProbability());
    }

    /** Without chance: {@link #largestCentred} has the shape of the input. */
    static Augmentation none(InputConfig input) {
        double aspect = (double) input.width() / input.height();
        return new Augmentation(1, 1, aspect, aspect, 0);
    }

    /**
     * Draws a crop. Order of draws: for each try the share and the logarithm of the ratio; for the
     * try that fits the row and the column.
     *
     * @param height rows of the image
     * @param width columns of the image
     */
    Crop drawCrop(SampleRandom random, int height, int width) {
        double area = (double) height * width;
        // Only StrictMath has the same logarithm and exponential on every machine.
        double logMin = StrictMath.log(ratioMin);
        double logMax = StrictMath.log(ratioMax);
        for (int i = 0; i < TRIES; i++) {
            double target = area * random.uniform(scaleMin, scaleMax);
            double ratio = StrictMath.exp(random.uniform(logMin, logMax));
            int columns = (int) Math.rint(Math.sqrt(target * ratio));
            int rows = (int) Math.rint(Math.sqrt(target / ratio));
            if (columns > 0 && columns <= width && rows > 0 && rows <= height) {
                int top = random.below(height - rows + 1);
                int left = random.below(width - columns + 1);
                return new Crop(top, left, rows, columns);
            }
        }
        return largestCentred(height, width);
    }

    /** Draws whether the crop is flipped; comes after {@link #drawCrop}. */
    boolean drawFlip(SampleRandom random) {
        return random.uniform() < flipProbability;
    }

    /** The largest centred rectangle with an allowed ratio. */
    Crop largestCentred(int height, int width) {
        double ratio = (double) width / height;
        int rows = ratio < ratioMin ? atLeastOne(width / ratioMin) : height;
        int columns = ratio > ratioMax ? atLeastOne(height * ratioMax) : width;
        return new Crop((height - rows) / 2, (width - columns) / 2, rows, columns);
    }

    private static int atLeastOne(double pixels) {
        return (int) Math.max(1, Math.rint(pixels));
    }
}
