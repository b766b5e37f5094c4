package io.kiln.masking.metrics;

import io.kiln.kafka.JobMetric;
import org.apache.flink.metrics.MetricGroup;

/** The metrics of the masking job, in the group "masking". */
public enum MaskingMetric implements JobMetric {
    IMAGES_DECODED("imagesDecoded", "images decoded"),
    LAST_IMAGE_TIME(
            "lastImageTime",
            "timestamp of the newest image record read, in seconds since 1970; 0 before the first"
                    + " since the job started"),
    DECODE_NANOS("decodeNanos", "time spent on decoding these images, in nanoseconds"),
    DEAD_LETTERS(
            "deadLetters",
            "images that could not be used; one counter per dead-letter reason, in the subgroup"
                    + " reason"),
    MASK_NANOS("maskNanos", "time spent on cropping, flipping and masking, in nanoseconds"),
    HELD_OUT(
            "heldOutImages",
            "images held out of training, which go to topics.holdout (evaluation.holdoutShare)"),
    DUPLICATES("duplicates", "images dropped as duplicates (masking.duplicates)"),
    NEAR_DUPLICATES("nearDuplicates", "images dropped as near duplicates (masking.duplicates)"),
    REPLAYED(
            "replayedImages",
            "old images replayed with new ones (masking.replay); each counts once, however many"
                    + " views it has"),
    BATCHES("batches", "batches sent, one per view"),
    SMALL_BATCHES("smallBatches", "batches sent with fewer than masking.batchSize images");

    /** Name of the group of all metrics of the job. */
    public static final String GROUP = "masking";

    private final String key;
    private final String about;

    MaskingMetric(String key, String about) {
        this.key = key;
        this.about = about;
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public Kind kind() {
        return this == LAST_IMAGE_TIME ? Kind.GAUGE : Kind.COUNTER;
    }

    @Override
    public String about() {
        return about;
    }

    /** The group of the job below the group of an operator. */
    public static MetricGroup group(MetricGroup operator) {
        return operator.addGroup(GROUP);
    }
}
