package io.kiln.images;

/**
 * Decodes JPEG, PNG, WebP, GIF (its first frame), BMP and TIFF (its first page) to red, green and
 * blue, to their luma, or, of a TIFF, to all of its samples.
 *
 * <p>An image is taken as Pillow's {@code Image.open(f).convert("RGB")} takes it: transparency and
 * colour profiles are ignored, grey is repeated, of 16 bits the upper 8 count. A JPEG that its
 * camera marked as turned is set upright (Pillow's {@code ImageOps.exif_transpose}). Its structure
 * is read and held against {@link DecodeLimits} before anything is allocated, and the decoder
 * behind is given only those parts that pixels need. Keeps its readers between images; not
 * thread-safe.
 */
public final class ImageDecoder implements AutoCloseable {
    private final DecodeLimits limits;
    private final int channels;
    private final ImageReaders readers;

    /** A decoder to red, green and blue. */
    public ImageDecoder(DecodeLimits limits) {
        this(limits, Bitmap.RGB);
    }

    /**
     * @param channels of each decoded image: 3 for red, green and blue, 1 for their luma, others
     *     for TIFFs of as many samples a pixel
     */
    public ImageDecoder(DecodeLimits limits, int channels) {
        this.limits = limits;
        this.channels = channels;
        this.readers = new ImageReaders(limits.damaged());
    }

    /**
     * Decodes one image.
     *
     * @param bytes the whole encoded image; not changed
     * @throws BadImageException if it cannot be used, with the reason; the decoder stays usable
     */
    public Bitmap decode(byte[] bytes) throws BadImageException {
        limits.requireBytes(bytes.length);
        EncodedImage image = ImageFormat.parse(bytes, channels);
        limits.requirePixels(image);
        image.requireEnoughData();
        boolean colours = channels == Bitmap.RGB || channels == 1;
        Bitmap decoded = colours ? image.decode(readers) : image.decodeSamples(readers, channels);
        requireAnnouncedSize(image, decoded);
        Bitmap upright = image.orientation().apply(decoded);
        return channels == 1 ? upright.luma() : upright;
    }

    private static void requireAnnouncedSize(EncodedImage image, Bitmap decoded)
            throws BadImageException {
        if (decoded.width() != image.width() || decoded.height() != image.height()) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE,
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
