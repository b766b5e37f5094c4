package io.kiln.masking;

/**
 * A picture and where it came from.
 *
 * @param origin its record
 * @param picture its pixels
 */
public record DecodedImage(ImageOrigin origin, Picture picture) {}
