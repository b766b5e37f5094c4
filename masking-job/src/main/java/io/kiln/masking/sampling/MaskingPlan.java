package io.kiln.masking.sampling;

import io.kiln.config.ConfigException;
import io.kiln.config.InputConfig;
import io.kiln.config.KilnConfig;
import io.kiln.config.MaskingConfig;
import io.kiln.images.DamagePolicy;
import io.kiln.images.DecodeLimits;
import io.kiln.images.SampleRange;
import io.kiln.images.SampleScale;
import io.kiln.schemas.Topic;
import java.io.Serializable;

/**
 * The configuration of batches, checked against what a record of Kafka and a state of Flink may
 * hold.
 *
 * @param input size of an image and of its patches
 * @param masking how images are augmented, masked and batched
 */
public record MaskingPlan(InputConfig input, MaskingConfig masking) implements Serializable {
    /** Longest imageId allowed, in bytes of UTF-8. It bounds the size of a batch. */
    public static final int MAX_IMAGE_ID_BYTES = 512;

    /** Other fields of an image in a batch: topic name, at most 249 bytes, and nine numbers. */
    private static final int ORIGIN_BYTES = MAX_IMAGE_ID_BYTES + 249 + 9 * 10;

    /** Other fields of a batch, and what Kafka adds to a record. */
    private static final int BATCH_BYTES = 4096;

    private static final int COORDINATE_BYTES = 3 * Integer.BYTES;

    /** State that one partition of images may take while its images wait. */
    private static final long MAX_WAITING_BYTES = 1L << 30;

    public MaskingPlan {
        long viewBytes = viewBytes(input, masking);
        requireBatchFits(input, masking.batchSize(), viewBytes);
        requireViewsFit(masking.views(), masking.batchSize(), viewBytes);
        requireShuffleFits(masking.shuffleBuffer(), masking.views() * viewBytes);
    }

    /**
     * The plan of a configuration.
     *
     * @throws ConfigException if a batch or the state would be too large; the message names the key
     */
    public static MaskingPlan of(KilnConfig config) {
        return new MaskingPlan(config.input(), config.masking());
    }

    /** Patches of an image that stay active, from 1 to patches - 1. */
    public int keep() {
        return masking.keep(input.patches());
    }

    /** Which images are decoded. */
    public static DecodeLimits limits(KilnConfig config) {
        return new DecodeLimits(
                config.ingest().maxImageBytes().bytes(),
                config.masking().maxPixels(),
                DamagePolicy.valueOf(config.masking().damaged().name()));
    }

    /** What samples become of the values that files hold. */
    public SampleScale scale() {
        return new SampleScale(
                input.sampleType().bytes(),
                input.valueRange().stream()
                        .map(range -> new SampleRange(range.min(), range.max()))
                        .toList());
    }

    /** The settings that images of one batch must share. */
    public BatchSettings batchSettings() {
        return BatchSettings.of(input, masking);
    }

    /** The most that one view of an image takes, in bytes. */
    private static long viewBytes(InputConfig input, MaskingConfig masking) {
        return (long) input.patches() * input.patchBytes()
                + (long) masking.keep(input.patches()) * COORDINATE_BYTES
                + ORIGIN_BYTES;
    }

    private static void requireBatchFits(InputConfig input, int batchSize, long viewBytes) {
        long bytes = BATCH_BYTES + batchSize * viewBytes;
        if (bytes > Topic.MAX_RECORD_BYTES) {
            throw new ConfigException(
                    "masking.batchSize: "
                            + batchSize
                            + " images of "
                            + input.height()
                            + " x "
                            + input.width()
                            + " pixels can take "
                            + bytes
                            + " bytes, but a record of sparse-batches holds "
                            + Topic.MAX_RECORD_BYTES
                            + "; expected at most "
                            + (Topic.MAX_RECORD_BYTES - BATCH_BYTES) / viewBytes);
        }
    }

    private static void requireViewsFit(int views, int batchSize, long viewBytes) {
        long bytes = batchSize * viewBytes;
        if (views * bytes > MAX_WAITING_BYTES) {
            throw new ConfigException(
                    "masking.views: "
                            + views
                            + " views of "
                            + batchSize
                            + " images can take "
                            + views * bytes
                            + " bytes of state a partition, but "
                            + MAX_WAITING_BYTES
                            + " are allowed; expected at most "
                            + MAX_WAITING_BYTES / bytes
                            + ", or a lower masking.batchSize");
        }
    }

    private static void requireShuffleFits(int images, long imageBytes) {
        if (images * imageBytes > MAX_WAITING_BYTES) {
            throw new ConfigException(
                    "masking.shuffleBuffer: "
                            + images
                            + " images can take "
                            + images * imageBytes
                            + " bytes of state a partition, but "
                            + MAX_WAITING_BYTES
                            + " are allowed; expected at most "
                            + MAX_WAITING_BYTES / imageBytes);
        }
    }
}
