package io.kiln.training.state;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.SparseBatch;

/**
 * How batches were masked, as they say themselves.
 *
 * @param seed of masks and augmentations
 * @param maskRatio configured share of masked patches
 */
public record BatchMasking(long seed, double maskRatio) {
    /** As configured. */
    public static BatchMasking of(KilnConfig config) {
        return new BatchMasking(config.masking().seed(), config.masking().maskRatio());
    }

    /** As a batch says. */
    public static BatchMasking of(SparseBatch batch) {
        return new BatchMasking(batch.getSeed(), batch.getMaskRatio());
    }
}
