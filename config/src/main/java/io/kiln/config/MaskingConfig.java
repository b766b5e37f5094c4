package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;

/** How images become masked batches. */
public record MaskingConfig(
        @Key(
                        about =
                                "seed of masks and augmentations; each is a function of (seed, topic, partition, offset, view)",
                        fallback = "42")
                long seed,
        @Key(
                        about = "share of patches hidden from the encoder",
                        fallback = "0.6",
                        min = 0.01,
                        max = 0.99)
                double maskRatio,
        @Key(about = "images in a batch", fallback = "32", min = 1, max = 4096) int batchSize,
        @Key(
                        about =
                                "how often each image is trained on, each time cropped and masked anew",
                        fallback = "1",
                        min = 1,
                        max = 1000)
                int views,
        @Key(
                        about =
                                "idle time of the stream after which a batch that is not full is sent",
                        fallback = "10s",
                        min = 0.1,
                        max = 86400)
                Duration flushAfter,
        @Key(
                        about = "smallest share of the picture's area that a crop covers",
                        fallback = "0.67",
                        min = 0.01,
                        max = 1)
                double cropScaleMin,
        @Key(
                        about = "largest share of the picture's area that a crop covers",
                        fallback = "1.0",
                        min = 0.01,
                        max = 1)
                double cropScaleMax,
        @Key(about = "narrowest crop, width / height", fallback = "0.75", min = 0.1, max = 10)
                double cropRatioMin,
        @Key(
                        about = "widest crop, width / height",
                        fallback = "1.3333333333333333",
                        min = 0.1,
                        max = 10)
                double cropRatioMax,
        @Key(
                        about = "probability that a crop is mirrored left to right",
                        fallback = "0.5",
                        min = 0,
                        max = 1)
                double flipProbability,
        @Key(
                        about =
                                "largest picture that is decoded, in pixels; larger ones are dead letters",
                        fallback = "67108864",
                        min = 1,
                        max = 536870912)
                int maxPixels,
        @Key(
                        about =
                                "images that have lost pixels: refuse (they are dead letters) or take (with what the decoder makes of them, as libjpeg's warnings are taken elsewhere); files that are cut off are refused",
                        fallback = "refuse")
                Damaged damaged,
        @Key(
                        about =
                                "images that repeat an earlier one of their partition: keep, drop-exact (the same identity) or drop-near (also those that look like it)",
                        fallback = "keep")
                Duplicates duplicates,
        @Key(
                        about = "images of each partition that duplicates are looked for among",
                        fallback = "10000",
                        min = 1,
                        max = 200000)
                int duplicateHorizon,
        @Key(
                        about =
                                "bits of 64 in which the fingerprints of near duplicates differ at most",
                        fallback = "3",
                        min = 0,
                        max = 16)
                int nearDistance,
        @Key(
                        about =
                                "images of each partition that are shuffled with each other; 0 keeps the order of the topic",
                        fallback = "0",
                        min = 0,
                        max = 100000)
                int shuffleBuffer)
        implements Serializable {
    /** What becomes of images that have lost pixels. */
    public enum Damaged {
        /** They are dead letters. */
        REFUSE,
        /** They are trained on with what the decoder makes of them. */
        TAKE
    }

    /** What becomes of images that repeat an earlier one. */
    public enum Duplicates {
        /** They are trained on like any other. */
        KEEP,
        /** Those of the same identity are dropped. */
        DROP_EXACT,
        /** Those of the same identity, and those that look like an earlier one, are dropped. */
        DROP_NEAR
    }

    public MaskingConfig {
        requireOrder("cropScaleMin", cropScaleMin, "cropScaleMax", cropScaleMax);
        requireOrder("cropRatioMin", cropRatioMin, "cropRatioMax", cropRatioMax);
    }

    /**
     * Patches that stay visible: round((1 − maskRatio) · patches), halves to the even number.
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
