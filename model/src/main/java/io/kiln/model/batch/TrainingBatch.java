package io.kiln.model.batch;

/** Masked images to train on. */
public sealed interface TrainingBatch permits MaskedBatch, NormalisedBatch {
    /** Which patches are active. */
    PatchGrid grid();
}
