package io.kiln.masking.sampling;

import io.kiln.config.InputConfig;
import io.kiln.config.MaskingConfig;
import io.kiln.images.Crop;
import java.io.Serializable;

/**
 * Random resized crop and mirroring, by the rules of torchvision's RandomResizedCrop.get_params and
 * RandomHorizontalFlip: ten tries for a rectangle of a random share of the area and a random ratio;
 * if none fits, the largest one in the middle whose ratio is allowed.
 *
 * @param scaleMin smallest share of the picture's area, in (0, 1]
 * @param scaleMax largest share
 * @param ratioMin narrowest crop, width / height
 * @param ratioMax widest crop, width / height
 * @param flipProbability from 0 to 1
 */
record Augmentation(
        double scaleMin, double scaleMax, double ratioMin, double ratioMax, double flipProbability)
        implements Serializable {
    private static final int TRIES = 10;

    /** Ratios are taken relative to the network's input: a crop of ratio 1 is not distorted. */
    static Augmentation of(MaskingConfig masking, InputConfig input) {
        double aspect = (double) input.width() / input.height();
        return new Augmentation(
                masking.cropScaleMin(),
                masking.cropScaleMax(),
                masking.cropRatioMin() * aspect,
                masking.cropRatioMax() * aspect,
                masking.flipProbability());
    }

    /**
     * Draws a cut. Order of draws: for each try the share and the logarithm of the ratio, for the
     * try that fits the row and the column, at the end the mirroring.
     *
     * @param height rows of the picture
     * @param width columns of the picture
     */
    Cutout draw(SampleRandom random, int height, int width) {
        Crop crop = drawCrop(random, height, width);
        return new Cutout(crop, random.uniform() < flipProbability);
    }

    private Crop drawCrop(SampleRandom random, int height, int width) {
        double area = (double) height * width;
        // StrictMath: logarithm and exponential are the same everywhere only there.
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
        return centre(height, width);
    }

    private Crop centre(int height, int width) {
        double ratio = (double) width / height;
        int rows = ratio < ratioMin ? atLeastOne(width / ratioMin) : height;
        int columns = ratio > ratioMax ? atLeastOne(height * ratioMax) : width;
        return new Crop((height - rows) / 2, (width - columns) / 2, rows, columns);
    }

    private static int atLeastOne(double pixels) {
        return (int) Math.max(1, Math.rint(pixels));
    }
}
