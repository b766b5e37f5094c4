package io.kiln.masking.sampling;

import io.kiln.images.Crop;

/**
 * How a view is taken from a picture.
 *
 * @param crop the part of the picture
 * @param flipped whether it is mirrored left to right after resizing
 */
record Cutout(Crop crop, boolean flipped) {}
