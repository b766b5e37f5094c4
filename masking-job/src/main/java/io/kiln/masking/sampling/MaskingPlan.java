package io.kiln.masking.sampling;

import io.kiln.config.ConfigException;
import io.kiln.config.InputConfig;
import io.kiln.config.KilnConfig;
import io.kiln.config.MaskingConfig;
import io.kiln.schemas.Topic;
import java.io.Serializable;

/**
 * Everything that decides what batches look like, checked.
 *
 * @param seed of masks and augmentations
 * @param maskRatio share of patches asked to be masked
 * @param keep patches that stay visible, 1 to patches - 1
 * @param grid image size and patches
 * @param augmentation how views are cut
 * @param views of each image, at least 1
 * @param batchSize images of a full batch, at least 1
 */
public record MaskingPlan(
        long seed,
        double maskRatio,
        int keep,
        GridSize grid,
        Augmentation augmentation,
        int views,
        int batchSize)
        implements Serializable {
    /** Longest imageId taken, in bytes of UTF-8; so that the size of a batch has a bound. */
    public static final int MAX_IMAGE_ID_BYTES = 512;

    /** An image's other fields in a batch: a topic's name, at most 249 bytes, and nine numbers. */
    private static final int ORIGIN_BYTES = MAX_IMAGE_ID_BYTES + 249 + 9 * 10;

    /** A batch's other fields, and what Kafka puts around a record. */
    private static final int BATCH_BYTES = 4096;

    private static final int COORDINATE_BYTES = 3 * Integer.BYTES;

    /** What a partition of images may keep in Flink's state while its next batches fill. */
    private static final long MAX_PENDING_BYTES = 1L << 30;

    public MaskingPlan {
        if (keep < 1 || keep >= grid.patches()) {
            throw new ConfigException(
                    "masking.maskRatio: "
                            + maskRatio
                            + " keeps "
                            + keep
                            + " of "
                            + grid.patches()
                            + " patches; expected at least 1 kept and 1 masked");
        }
        requireBatchFits(grid, keep, batchSize);
        requirePendingFits(grid, keep, batchSize, views);
    }

    /**
     * The plan of a configuration.
     *
     * @throws ConfigException if such batches cannot be made, naming the key
     */
    public static MaskingPlan of(KilnConfig config) {
        InputConfig input = config.input();
        MaskingConfig masking = config.masking();
        return new MaskingPlan(
                masking.seed(),
                masking.maskRatio(),
                masking.keep(input.patches()),
                new GridSize(
                        input.height() / input.patch(),
                        input.width() / input.patch(),
                        input.patch(),
                        input.channels()),
                Augmentation.of(masking, input),
                masking.views(),
                masking.batchSize());
    }

    /** What an image with all its views takes in Flink's state, in bytes. */
    public long stateBytes() {
        return views * imageBytes(grid, keep);
    }

    /**
     * Checks a shuffle buffer.
     *
     * @param images of each partition
     * @throws ConfigException if they would take too much state
     */
    public void requireShuffleFits(int images) {
        if (images * stateBytes() > MAX_PENDING_BYTES) {
            throw new ConfigException(
                    "masking.shuffleBuffer: "
                            + images
                            + " images can take "
                            + images * stateBytes()
                            + " bytes of state a partition, allowed are "
                            + MAX_PENDING_BYTES
                            + "; expected at most "
                            + MAX_PENDING_BYTES / stateBytes());
        }
    }

    private static void requireBatchFits(GridSize grid, int keep, int batchSize) {
        long imageBytes = imageBytes(grid, keep);
        if (BATCH_BYTES + batchSize * imageBytes > Topic.MAX_RECORD_BYTES) {
            throw new ConfigException(
                    "masking.batchSize: "
                            + batchSize
                            + " images of "
                            + grid.height()
                            + " x "
                            + grid.width()
                            + " pixels can take "
                            + (BATCH_BYTES + batchSize * imageBytes)
                            + " bytes, a record of "
                            + "sparse-batches at most "
                            + Topic.MAX_RECORD_BYTES
                            + "; expected at most "
                            + (Topic.MAX_RECORD_BYTES - BATCH_BYTES) / imageBytes);
        }
    }

    private static void requirePendingFits(GridSize grid, int keep, int batchSize, int views) {
        long viewBytes = batchSize * imageBytes(grid, keep);
        if (views * viewBytes > MAX_PENDING_BYTES) {
            throw new ConfigException(
                    "masking.views: "
                            + views
                            + " views of "
                            + batchSize
                            + " images can take "
                            + views * viewBytes
                            + " bytes of state a partition, allowed are "
                            + MAX_PENDING_BYTES
                            + "; expected at most "
                            + MAX_PENDING_BYTES / viewBytes
                            + ", or a lower masking.batchSize");
        }
    }

    private static long imageBytes(GridSize grid, int keep) {
        return (long) grid.patches() * grid.patchBytes()
                + (long) keep * COORDINATE_BYTES
                + ORIGIN_BYTES;
    }
}
