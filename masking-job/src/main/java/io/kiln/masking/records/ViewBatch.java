package io.kiln.masking.records;

/**
 * The images of one batch: one view of each.
 *
 * @param images in the order of the batch
 * @param view which of their views
 * @param number of the batch among those of the same partition of images, from 0
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record ViewBatch(MaskedImage[] images, int view, long number) {}
