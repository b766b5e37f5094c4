package io.kiln.images;

import java.io.Serializable;

/**
 * What an image may ask for, and how whole it must be.
 *
 * <p>A thread that decodes needs up to 12 bytes of heap for each of maxPixels, 768 MiB by default:
 * 8 of them while it decodes, 12 while it scales and turns what was decoded. No image of up to
 * three channels and 16 bits takes more than 12 then. Not counted is what libjpeg keeps outside the
 * heap of a JPEG of several scans: 2 bytes a coefficient, up to 8 a pixel.
 *
 * @param maxBytes most encoded bytes, ingest.maxImageBytes
 * @param maxPixels most decoded pixels, masking.maxPixels; those of an image that takes more memory
 *     count as more
 */
public record DecodeLimits(long maxBytes, int maxPixels, DamagePolicy damaged)
        implements Serializable {
    /** Most bytes a pixel while an image is decoded. */
    static final int PIXEL_BYTES = 8;

    private static final int CONVERTED_PIXEL_BYTES = 12;

    /** Rows on their way, which an image of exactly maxPixels may take beside them. */
    private static final long BUFFER_BYTES = 1 << 20;

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
     * @param decoded bytes that decoding the image takes at the peak, the encoded ones aside
     * @param converted bytes that scaling and turning it take then
     */
    void requireSize(EncodedImage image, long decoded, long converted) throws BadImageException {
        if ((long) image.width() * image.height() > maxPixels) {
            throw new BadImageException(
                    ImageDefect.TOO_MANY_PIXELS,
                    image.describe() + "; masking.maxPixels allows " + maxPixels + " in all");
        }
        requireMemory(image, decoded, PIXEL_BYTES, "decoded");
        requireMemory(image, converted, CONVERTED_PIXEL_BYTES, "scaled and turned");
    }

    private void requireMemory(EncodedImage image, long bytes, int pixelBytes, String step)
            throws BadImageException {
        if (bytes > (long) maxPixels * pixelBytes + BUFFER_BYTES) {
            throw new BadImageException(
                    ImageDefect.TOO_MANY_PIXELS,
                    "%s takes %d bytes while it is %s; masking.maxPixels allows %d pixels of %d bytes"
                            .formatted(image.describe(), bytes, step, maxPixels, pixelBytes));
        }
    }
}
