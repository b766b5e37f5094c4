package io.kiln.masking.records;

/**
 * The images of one batch, of which the batch takes one view each.
 *
 * @param images in the order of the batch, at least one
 * @param view number of the view, from 0
 * @param number of the batch among all batches of the same partition of images, from 0
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record ViewBatch(MaskedImage[] images, int view, long number) {}
