package io.kiln.masking;

import io.kiln.config.InputConfig;
import io.kiln.config.MaskingConfig;

/**
 * Random resized crop and flip, drawn as torchvision's RandomResizedCrop draws: ten tries at a
 * random area and aspect, then the largest central crop of an allowed aspect. Aspects are relative
 * to the network's input, so that a rectangular input does not distort.
 */
final class Augmentation {
    private static final int TRIES = 10;

    private final MaskingConfig config;
    private final double lowestRatio;
    private final double highestRatio;

    Augmentation(MaskingConfig config, InputConfig input) {
        double aspect = (double) input.width() / input.height();
        this.config = config;
        this.lowestRatio = config.cropRatioMin() * aspect;
        this.highestRatio = config.cropRatioMax() * aspect;
    }

    Crop draw(int width, int height, SampleRandom random) {
        for (int i = 0; i < TRIES; i++) {
            double area =
                    (double) width
                            * height
                            * random.uniform(config.cropScaleMin(), config.cropScaleMax());
            double ratio = Math.exp(random.uniform(Math.log(lowestRatio), Math.log(highestRatio)));
            int cropWidth = (int) Math.rint(Math.sqrt(area * ratio));
            int cropHeight = (int) Math.rint(Math.sqrt(area / ratio));
            if (cropWidth > 0 && cropWidth <= width && cropHeight > 0 && cropHeight <= height) {
                int top = random.below(height - cropHeight + 1);
                int left = random.below(width - cropWidth + 1);
                return new Crop(top, left, cropHeight, cropWidth, flips(random));
            }
        }
        return central(width, height, flips(random));
    }

    private boolean flips(SampleRandom random) {
        return random.uniform() < config.flipProbability();
    }

    private Crop central(int width, int height, boolean flipped) {
        double ratio = (double) width / height;
        int cropWidth =
                ratio > highestRatio ? Math.max(1, (int) Math.rint(height * highestRatio)) : width;
        int cropHeight =
                ratio < lowestRatio ? Math.max(1, (int) Math.rint(width / lowestRatio)) : height;
        return new Crop(
                (height - cropHeight) / 2, (width - cropWidth) / 2, cropHeight, cropWidth, flipped);
    }
}
