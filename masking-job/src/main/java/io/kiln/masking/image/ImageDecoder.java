package io.kiln.masking.image;

/**
 * Decodes JPEG, PNG, WebP, GIF (its first frame), BMP and TIFF (its first page) to red, green and
 * blue.
 *
 * <p>A picture is taken as Pillow's {@code Image.open(f).convert("RGB")} takes it: transparency and
 * colour profiles are ignored, grey is repeated, of 16 bits the upper 8 count. A JPEG that its
 * camera marked as turned is set upright (Pillow's {@code ImageOps.exif_transpose}). Its structure
 * is read and held against {@link DecodeLimits} before anything is allocated, and the decoder
 * behind is given only those parts that pixels need. Keeps its readers between pictures; not
 * thread-safe.
 */
public final class ImageDecoder implements AutoCloseable {
    private final DecodeLimits limits;
    private final ImageReaders readers = new ImageReaders();

    public ImageDecoder(DecodeLimits limits) {
        this.limits = limits;
    }

    /**
     * Decodes one picture.
     *
     * @param bytes the whole encoded picture; not changed
     * @throws BadImageException if it cannot be used, with the reason; the decoder stays usable
     */
    public RgbImage decode(byte[] bytes) throws BadImageException {
        limits.requireBytes(bytes.length);
        EncodedImage image = ImageFormats.parse(bytes);
        limits.requirePixels(image);
        image.requireEnoughData();
        RgbImage decoded = image.decode(readers);
        requireAnnouncedSize(image, decoded);
        return image.orientation().apply(decoded);
    }

    private static void requireAnnouncedSize(EncodedImage image, RgbImage decoded)
            throws BadImageException {
        if (decoded.width() != image.width() || decoded.height() != image.height()) {
            throw new BadImageException(
                    Reason.UNDECODABLE,
                    image.describe()
                            + " was decoded to "
                            + decoded.width()
                            + " x "
                            + decoded.height());
        }
    }

    /** Gives the readers' native memory back. */
    @Override
    public void close() {
        readers.close();
    }
}
