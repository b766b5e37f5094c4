package io.kiln.images;

/**
 * The image of a WebP, or the first frame of an animated one on its canvas (RFC 9649). Transparency
 * is left out, as it is for every format; what a frame leaves free is black.
 *
 * @param frame where the image lies on the canvas
 * @param bytes a file of one chunk, lossy ("VP8 ") or lossless ("VP8L")
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record WebpImage(
        int width, int height, Crop frame, Orientation orientation, long dataBytes, byte[] bytes)
        implements EncodedImage {
    /**
     * The format sets no limit to how many pixels a byte stands for, and each takes time: a large
     * image must hold at least this much. One of a single colour does not, and is no loss.
     */
    private static final int PIXELS_A_BYTE = 2048;

    private static final int FREE_PIXELS = 1 << 24;

    @Override
    public String format() {
        return "WebP";
    }

    @Override
    public void requireEnoughData() throws BadImageException {
        long pixels = (long) width * height;
        if (pixels > FREE_PIXELS + dataBytes * PIXELS_A_BYTE) {
            throw new BadImageException(
                    ImageDefect.TOO_COMPLEX,
                    describe() + " out of only " + dataBytes + " bytes; takes too long to decode");
        }
    }

    @Override
    public Bitmap decode(ImageReaders readers) throws BadImageException {
        Bitmap decoded = RasterToRgb.convert(readers.read(ImageReaders.Codec.WEBP, bytes));
        if (frame.height() == height && frame.width() == width) {
            return decoded;
        }
        byte[] canvas = new byte[Math.multiplyExact(width * Bitmap.RGB, height)];
        for (int row = 0; row < frame.height(); row++) {
            System.arraycopy(
                    decoded.samples(),
                    row * frame.width() * Bitmap.RGB,
                    canvas,
                    ((frame.top() + row) * width + frame.left()) * Bitmap.RGB,
                    frame.width() * Bitmap.RGB);
        }
        return Bitmap.rgb(height, width, canvas);
    }

    static WebpImage parse(byte[] bytes) throws BadImageException {
        return new WebpParser(bytes).parse();
    }
}
