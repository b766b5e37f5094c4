package io.kiln.images;

import java.io.Serializable;

/**
 * What an image may ask for, and how whole it must be.
 *
 * @param maxBytes most encoded bytes, ingest.maxImageBytes
 * @param maxPixels most decoded pixels, masking.maxPixels; a pixel takes 3 to 8 bytes while an
 *     image is decoded, and one that takes more counts as several
 */
public record DecodeLimits(long maxBytes, int maxPixels, DamagePolicy damaged)
        implements Serializable {
    /** For images of the user's own that no ingest has checked; damaged ones are refused. */
    public static final DecodeLimits WIDE = new DecodeLimits(64 << 20, 100_000_000);

    /** Limits under which damaged images are refused. */
    public DecodeLimits(long maxBytes, int maxPixels) {
        this(maxBytes, maxPixels, DamagePolicy.REFUSE);
    }

    public DecodeLimits {
        if (maxBytes < 1 || maxPixels < 1) {
            throw new IllegalArgumentException(
                    "maxBytes " + maxBytes + " and maxPixels " + maxPixels + " must be at least 1");
        }
    }

    void requireBytes(int bytes) throws BadImageException {
        if (bytes > maxBytes) {
            throw new BadImageException(
                    ImageDefect.TOO_MANY_BYTES,
                    bytes + " bytes; ingest.maxImageBytes allows " + maxBytes);
        }
    }

    void requirePixels(EncodedImage image) throws BadImageException {
        if (image.decodedPixels() > maxPixels) {
            throw new BadImageException(
                    ImageDefect.TOO_MANY_PIXELS,
                    image.describe() + "; masking.maxPixels allows " + maxPixels + " in all");
        }
    }
}
