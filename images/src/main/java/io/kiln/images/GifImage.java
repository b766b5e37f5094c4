package io.kiln.images;

/**
 * The first frame of a GIF (GIF89a specification), whose data blocks have been walked to their end.
 * What a frame leaves free of the screen is not part of the image.
 *
 * @param dataAt where in bytes the compressed data begins
 * @param bytes screen, palette and first frame
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record GifImage(int width, int height, int dataAt, byte[] bytes) implements EncodedImage {
    private static final int SCREEN_END = 13;
    private static final int EXTENSION = 0x21;
    private static final int FRAME = 0x2C;
    private static final int TRAILER = 0x3B;
    private static final int FRAME_BYTES = 10;
    private static final int INTERLACED = 0x40;

    /** The JDK's decoder mixes up the rows of smaller ones, whose second pass is empty. */
    private static final int LEAST_ROWS_INTERLACED = 5;

    @Override
    public String format() {
        return "GIF";
    }

    @Override
    public void requireEnoughData() throws BadImageException {
        long announced = (long) width * height;
        long pixels = GifData.pixels(new Bytes(format(), bytes), dataAt, announced);
        if (pixels < announced) {
            throw new BadImageException(
                    ImageDefect.TRUNCATED, describe() + " holds only " + pixels + " pixels");
        }
    }

    @Override
    public Bitmap decode(ImageReaders readers) throws BadImageException {
        return RasterToRgb.convert(readers.read(ImageReaders.Codec.GIF, bytes));
    }

    static GifImage parse(byte[] bytes) throws BadImageException {
        Bytes in = new Bytes("GIF", bytes);
        int palettesEnd = SCREEN_END + paletteBytes(in.u8(10));
        int at = palettesEnd;
        while (in.u8(at) == EXTENSION) {
            at = endOfBlocks(in, at + 2);
        }
        if (in.u8(at) != FRAME) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE,
                    "GIF has no frame, but block " + in.u8(at) + " at " + at);
        }
        int width = in.u16le(at + 5);
        int height = in.u16le(at + 7);
        if (width == 0 || height == 0) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE,
                    "GIF has a frame of " + width + " x " + height + " pixels");
        }
        boolean interlaced = (in.u8(at + 9) & INTERLACED) != 0;
        if (interlaced && height > 1 && height < LEAST_ROWS_INTERLACED) {
            throw new BadImageException(
                    ImageDefect.UNSUPPORTED, "GIF is interlaced and has only " + height + " rows");
        }
        int data = at + FRAME_BYTES + paletteBytes(in.u8(at + 9));
        int end = endOfBlocks(in, data + 1);
        byte[] needed =
                new ByteRanges(bytes).keep(0, palettesEnd).keep(at, end).add(TRAILER).toBytes();
        return new GifImage(width, height, palettesEnd + data - at, needed);
    }

    private static int paletteBytes(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }

    private static int endOfBlocks(Bytes in, int from) throws BadImageException {
        int at = from;
        for (int length = in.u8(at); length != 0; length = in.u8(at)) {
            at += 1 + length;
        }
        return at + 1;
    }
}
