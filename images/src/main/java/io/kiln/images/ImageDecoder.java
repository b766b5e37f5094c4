package io.kiln.images;

/**
 * Decodes JPEG, PNG, WebP, GIF (its first frame), BMP and TIFF (its first page) to red, green and
 * blue, to their luma, or, of a TIFF, to all of its samples.
 *
 * <p>An image is taken as Pillow's {@code Image.open(f).convert("RGB")} takes it: transparency and
 * colour profiles are ignored, grey is repeated. What becomes of more than 8 bits, a {@link
 * SampleScale} says: without one, the upper 8 count. A JPEG that its camera marked as turned is set
 * upright (Pillow's {@code ImageOps.exif_transpose}). Its structure is read and held against {@link
 * DecodeLimits} before anything is allocated, and the decoder behind is given only those parts that
 * pixels need. Keeps its readers between images; not thread-safe.
 */
public final class ImageDecoder implements AutoCloseable {
    private final DecodeLimits limits;
    private final int channels;
    private final SampleScale scale;
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
        this(limits, channels, SampleScale.BYTES);
    }

    /** A decoder as above, to samples of this scale. */
    public ImageDecoder(DecodeLimits limits, int channels, SampleScale scale) {
        this.scale = scale;
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
        return guarded(() -> decodeUnguarded(bytes));
    }

    /** The same, but what an image makes the code throw that it should not comes out as it is. */
    Bitmap decodeUnguarded(byte[] bytes) throws BadImageException {
        EncodedImage image = parse(bytes);
        Bitmap upright = upright(image);
        return channels == 1 ? upright.luma() : upright;
    }

    /**
     * Adds the values that an image holds, before any scale, to statistics of as many channels.
     *
     * @throws BadImageException as {@link #decode}, and if values are not finite
     */
    public void measure(byte[] bytes, ValueStatistics statistics) throws BadImageException {
        EncodedImage image = guarded(() -> parse(bytes));
        Bitmap stored = guarded(() -> stored(image));
        boolean mixed = channels == 1 && stored.sampleBytes() < 4;
        statistics.add(mixed ? stored.luma() : stored, image.valueBits());
    }

    private interface Step<T> {
        T run() throws BadImageException;
    }

    /** No image may stop who decodes it, whatever it makes the code throw. */
    private static <T> T guarded(Step<T> step) throws BadImageException {
        try {
            return step.run();
        } catch (ImageReaders.MissingCodecException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE, "the image cannot be decoded: " + e, e);
        }
    }

    private EncodedImage parse(byte[] bytes) throws BadImageException {
        limits.requireBytes(bytes.length);
        EncodedImage image = ImageFormat.parse(bytes, channels);
        int samples = channels == 1 ? Bitmap.RGB : channels;
        limits.requireSize(image, image.decodedBytes(samples), convertedBytes(image, samples));
        image.requireEnoughData();
        return image;
    }

    /** Bytes held while an image is scaled or turned, whatever takes more. */
    private long convertedBytes(EncodedImage image, int samples) {
        long all = (long) image.width() * image.height() * samples;
        int bits = image.valueBits();
        long stored = all * (bits > 16 ? 4 : bits > 8 ? 2 : 1);
        long scaled = all * scale.sampleBytes();
        long both = scale.keeps(bits) ? stored : stored + scaled;
        boolean turns = image.orientation() != Orientation.UPRIGHT;
        return Math.max(both, turns ? 2 * Math.min(stored, scaled) : 0);
    }

    /**
     * Turns an image before its samples become longer, or after they have become shorter. The calls
     * are nested so that no variable keeps an image that is no longer needed.
     */
    private Bitmap upright(EncodedImage image) throws BadImageException {
        return scale.widens(image.valueBits())
                ? scaled(image, image.orientation().apply(stored(image)))
                : image.orientation().apply(scaled(image, stored(image)));
    }

    private Bitmap stored(EncodedImage image) throws BadImageException {
        boolean colours = channels == Bitmap.RGB || channels == 1;
        Bitmap decoded = colours ? image.decode(readers) : image.decodeSamples(readers, channels);
        requireAnnouncedSize(image, decoded);
        return decoded;
    }

    private Bitmap scaled(EncodedImage image, Bitmap stored) throws BadImageException {
        try {
            return scale.apply(stored, image.valueBits());
        } catch (BadImageException e) {
            throw new BadImageException(e.defect(), image.describe() + " " + e.getMessage(), e);
        }
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
