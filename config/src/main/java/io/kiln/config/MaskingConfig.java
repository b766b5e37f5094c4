package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;

/** How images become masked batches. */
public record MaskingConfig(
        @Key(
                        about =
                                "seed of masks and augmentations, which are functions of (seed, topic, partition, offset, view)",
                        fallback = "42")
                long seed,
        @Key(about = "share of patches that are masked", fallback = "0.6", min = 0.01, max = 0.99)
                double maskRatio,
        @Key(about = "number of images in a full batch", fallback = "32", min = 1, max = 4096)
                int batchSize,
        @Key(
                        about =
                                "number of times each image is trained on, each time with a different crop and mask",
                        fallback = "1",
                        min = 1,
                        max = 1000)
                int views,
        @Key(
                        about = "idle time after which waiting images are sent as a smaller batch",
                        fallback = "10s",
                        min = 0.1,
                        max = 86400)
                Duration flushAfter,
        @Key(
                        about = "smallest share of the image's area that a crop covers",
                        fallback = "0.67",
                        min = 0.01,
                        max = 1)
                double cropScaleMin,
        @Key(
                        about = "largest share of the image's area that a crop covers",
                        fallback = "1.0",
                        min = 0.01,
                        max = 1)
                double cropScaleMax,
        @Key(
                        about =
                                "smallest aspect ratio of a crop, width / height, relative to that of the input",
                        fallback = "0.75",
                        min = 0.1,
                        max = 10)
                double cropRatioMin,
        @Key(
                        about =
                                "largest aspect ratio of a crop, width / height, relative to that of the input",
                        fallback = "1.3333333333333333",
                        min = 0.1,
                        max = 10)
                double cropRatioMax,
        @Key(
                        about = "probability that a view is mirrored left to right",
                        fallback = "0.5",
                        min = 0,
                        max = 1)
                double flipProbability,
        @Key(
                        about =
                                "pixels of the largest image that is decoded; larger images become dead letters, and so do images that take more than 8 bytes for each of so many pixels while they are decoded (12 while they are scaled and turned)",
                        fallback = "67108864",
                        min = 1,
                        max = 536870912)
                int maxPixels,
        @Key(
                        about =
                                "what to do with images that have lost pixels: refuse (they become dead letters) or take (train on what the decoder recovers); truncated files are always refused",
                        fallback = "refuse")
                Damaged damaged,
        @Key(
                        about =
                                "what to do with images that repeat a recent one in their partition: keep, drop-exact (same imageId) or drop-near (similar images too)",
                        fallback = "keep")
                Duplicates duplicates,
        @Key(
                        about =
                                "number of recent images of a partition that are searched for duplicates",
                        fallback = "10000",
                        min = 1,
                        max = 200000)
                int duplicateHorizon,
        @Key(
                        about =
                                "largest number of bits, out of 64, in which the perceptual hashes of near duplicates may differ",
                        fallback = "3",
                        min = 0,
                        max = 16)
                int nearDistance,
        @Key(
                        about =
                                "number of images in the shuffle buffer of each partition; 0 keeps the order of the topic",
                        fallback = "0",
                        min = 0,
                        max = 100000)
                int shuffleBuffer,
        @Key(
                        about =
                                "whether a job that starts without state may mask all images again although topics.sparseBatches already holds batches; they are then trained on a second time",
                        fallback = "false")
                boolean again,
        ReplayConfig replay)
        implements Serializable {
    /** What to do with images that have lost pixels. */
    public enum Damaged {
        /** Make them dead letters. */
        REFUSE,
        /** Train on what the decoder recovers. */
        TAKE
    }

    /** What to do with images that repeat a recent one of their partition. */
    public enum Duplicates {
        /** Train on them like any other. */
        KEEP,
        /** Drop those with the same imageId. */
        DROP_EXACT,
        /** Drop those with the same imageId, and those whose perceptual hash is near. */
        DROP_NEAR
    }

    public MaskingConfig {
        requireOrder("cropScaleMin", cropScaleMin, "cropScaleMax", cropScaleMax);
        requireOrder("cropRatioMin", cropRatioMin, "cropRatioMax", cropRatioMax);
    }

    /**
     * Patches of an image that stay active: round((1 − maskRatio) · patches), halves to even.
     *
     * @param patches patches of an image
     */
    public int keep(int patches) {
        return (int) Math.rint((1 - maskRatio) * patches);
    }

    private static void requireOrder(String lowKey, double low, String highKey, double high) {
        if (low > high) {
            throw new IllegalArgumentException(
                    lowKey
                            + ": "
                            + low
                            + " is not allowed; expected at most "
                            + highKey
                            + " = "
                            + high);
        }
    }
}
