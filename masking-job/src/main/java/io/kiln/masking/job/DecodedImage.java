package io.kiln.masking.job;

import io.kiln.images.Bitmap;
import io.kiln.masking.records.Position;

/**
 * An image that could be decoded.
 *
 * @param position its record
 * @param imageId ImageRecord.imageId
 * @param picture its pixels, which whoever receives them may not change
 */
public record DecodedImage(Position position, String imageId, Bitmap picture) {}
