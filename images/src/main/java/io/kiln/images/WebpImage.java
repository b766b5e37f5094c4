package io.kiln.images;

/**
 * The image of a WebP, or the first frame of an animated one (RFC 9649). Transparency is left out,
 * as it is for every format.
 *
 * @param bytes a file of one chunk, lossy ("VP8 ") or lossless ("VP8L")
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record WebpImage(int width, int height, long dataBytes, byte[] bytes) implements EncodedImage {
    private static final int FIRST_CHUNK = 12;
    private static final int FRAME_HEADER_BYTES = 16;
    private static final int LOSSLESS_SIGNATURE = 0x2F;

    /**
     * The format sets no limit to how many pixels a byte stands for, and each takes time: a large
     * image must hold at least this much. One of a single colour does not, and is no loss.
     */
    private static final int PIXELS_A_BYTE = 2048;

    private static final int FREE_PIXELS = 1 << 20;

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
        return RasterToRgb.convert(readers.read(ImageReaders.Codec.WEBP, bytes));
    }

    static WebpImage parse(byte[] bytes) throws BadImageException {
        Bytes in = new Bytes("WebP", bytes);
        long end = 8 + (in.i32le(4) & 0xFFFFFFFFL);
        in.require(0, end);
        int at = FIRST_CHUNK;
        while (true) {
            String type = in.tag(at);
            long length = in.i32le(at + 4) & 0xFFFFFFFFL;
            in.require(at + 8L, length);
            switch (type) {
                case "VP8 " -> {
                    return lossy(in, at, (int) length);
                }
                case "VP8L" -> {
                    return lossless(in, at, (int) length);
                }
                case "ANMF" -> at += 8 + FRAME_HEADER_BYTES;
                default -> at += 8 + (int) (length + (length & 1));
            }
        }
    }

    private static WebpImage lossy(Bytes in, int chunk, int length) throws BadImageException {
        int data = chunk + 8;
        int tag = in.u24le(data);
        boolean keyFrame = (tag & 1) == 0;
        if (!keyFrame || in.u24le(data + 3) != 0x2A019D) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE, "WebP does not begin with a VP8 key frame");
        }
        in.require(data, 10L + (tag >> 5));
        return image(in, chunk, length, in.u16le(data + 6) & 0x3FFF, in.u16le(data + 8) & 0x3FFF);
    }

    private static WebpImage lossless(Bytes in, int chunk, int length) throws BadImageException {
        int data = chunk + 8;
        if (in.u8(data) != LOSSLESS_SIGNATURE) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE, "WebP has a VP8L chunk without its signature");
        }
        int sizes = in.i32le(data + 1);
        return image(in, chunk, length, (sizes & 0x3FFF) + 1, (sizes >> 14 & 0x3FFF) + 1);
    }

    private static WebpImage image(Bytes in, int chunk, int length, int width, int height)
            throws BadImageException {
        if (width == 0 || height == 0) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE,
                    "WebP says it has " + width + " x " + height + " pixels");
        }
        int padding = length & 1;
        byte[] needed =
                new ByteRanges(in.array())
                        .addAscii("RIFF")
                        .addU32le(4 + 8 + length + padding)
                        .addAscii("WEBP")
                        .keep(chunk, chunk + 8 + length)
                        .add(new int[padding])
                        .toBytes();
        return new WebpImage(width, height, length, needed);
    }
}
