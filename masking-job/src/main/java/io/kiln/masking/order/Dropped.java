package io.kiln.masking.order;

import io.kiln.masking.records.Position;

/**
 * An image that is not trained on because it has been seen.
 *
 * @param position its record
 * @param imageId its identity
 * @param exact whether it is the same image, and not one that looks like it
 * @param kept offset of the image that it repeats, in the same partition
 * @param distance in how many bits their fingerprints differ; 0 if exact
 */
public record Dropped(Position position, String imageId, boolean exact, long kept, int distance) {}
