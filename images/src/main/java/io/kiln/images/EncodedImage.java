package io.kiln.images;

/**
 * An image whose structure has been read and found complete, but of which no pixel has been decoded
 * and nothing allocated. One implementation a format.
 */
interface EncodedImage {
    /** Its format, as people call it. */
    String format();

    /** Columns of the decoded image, at least 1. */
    int width();

    /** Rows of the decoded image, at least 1. */
    int height();

    /**
     * Bytes that decoding holds at its peak, the encoded ones aside: 8 a pixel, or more.
     *
     * @param samples of a decoded pixel
     */
    default long decodedBytes(int samples) {
        return (long) width() * height() * DecodeLimits.PIXEL_BYTES;
    }

    /**
     * Checks, as far as that is possible without decoding, that the data can hold as many pixels as
     * the header announces. Otherwise the header is not believed, and nothing is allocated for it.
     */
    void requireEnoughData() throws BadImageException;

    /**
     * Bits of the values that decoding gives: 8, or more, up to 16, in samples of two bytes, or 32
     * in samples of float32.
     */
    default int valueBits() {
        return 8;
    }

    /**
     * Decodes the image to red, green and blue, in as many bits as the file holds.
     *
     * @throws BadImageException if the bytes contradict the format, or hold less than they announce
     */
    Bitmap decode(ImageReaders readers) throws BadImageException;

    /**
     * Decodes the image's samples without taking them for colours.
     *
     * @param channels a pixel, neither 1 nor 3
     * @throws BadImageException as {@link #decode}, and UNSUPPORTED if it has not as many
     */
    default Bitmap decodeSamples(ImageReaders readers, int channels) throws BadImageException {
        throw new BadImageException(
                ImageDefect.UNSUPPORTED,
                describe()
                        + " has no "
                        + channels
                        + " channels (input.channels); only a TIFF of as many samples a pixel has");
    }

    /** How the decoded image has to be turned. */
    default Orientation orientation() {
        return Orientation.UPRIGHT;
    }

    /** For messages. */
    default String describe() {
        return format() + " of " + width() + " x " + height() + " pixels";
    }

    /**
     * Refuses an image that holds too little data.
     *
     * @param bytes of data there are
     * @param least bytes that the smallest image of this size takes
     * @throws BadImageException TRUNCATED if there are fewer
     */
    default void requireDataBytes(long bytes, long least) throws BadImageException {
        if (bytes < least) {
            throw new BadImageException(
                    ImageDefect.TRUNCATED,
                    describe()
                            + " holds "
                            + bytes
                            + " bytes of data where that size takes at least "
                            + least);
        }
    }
}
