package io.kiln.images;

import java.io.Serializable;

/**
 * What an image may ask for, and how whole it must be.
 *
 * @param maxBytes most encoded bytes, ingest.maxImageBytes
 * @param maxPixels most decoded pixels, masking.maxPixels; an image that takes more than 8 bytes a
 *     pixel while it is decoded counts as more of them
 */
public record DecodeLimits(long maxBytes, int maxPixels, DamagePolicy damaged)
        implements Serializable {
    static final int PIXEL_BYTES = 8;

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

    /**
     * @param bytes that the image takes at the peak, the encoded ones aside
     */
    void requirePixels(EncodedImage image, long bytes) throws BadImageException {
        String allowed = "; masking.maxPixels allows " + maxPixels;
        if ((long) image.width() * image.height() > maxPixels) {
            throw new BadImageException(
                    ImageDefect.TOO_MANY_PIXELS, image.describe() + allowed + " in all");
        }
        if (bytes > (long) maxPixels * PIXEL_BYTES) {
            throw new BadImageException(
                    ImageDefect.TOO_MANY_PIXELS,
                    image.describe()
                            + " takes "
                            + bytes
                            + " bytes while it is decoded"
                            + allowed
                            + " of 8 bytes");
        }
    }
}
