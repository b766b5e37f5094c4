package io.kiln.images;

/** A BMP whose header has been read (Windows, versions 2 to 5). */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record BmpImage(int width, int height, long dataBytes, long leastDataBytes, byte[] bytes)
        implements EncodedImage {
    private static final int CORE_HEADER_BYTES = 12;
    private static final int INFO_HEADER_BYTES = 40;
    private static final int RGB = 0;
    private static final int RLE8 = 1;
    private static final int RLE4 = 2;
    private static final int BIT_FIELDS = 3;

    @Override
    public String format() {
        return "BMP";
    }

    @Override
    public void requireEnoughData() throws BadImageException {
        requireDataBytes(dataBytes, leastDataBytes);
    }

    @Override
    public Bitmap decode(ImageReaders readers) throws BadImageException {
        return RasterToRgb.convert(readers.read(ImageReaders.Codec.BMP, bytes));
    }

    /** Whether a version of the format has a second header of this many bytes. */
    static boolean isHeaderSize(int bytes) {
        return switch (bytes) {
            case 12, 16, 40, 52, 56, 64, 108, 124 -> true;
            default -> false;
        };
    }

    static BmpImage parse(byte[] bytes) throws BadImageException {
        Bytes in = new Bytes("BMP", bytes);
        int header = in.i32le(14);
        boolean core = header == CORE_HEADER_BYTES;
        if (!core && header < INFO_HEADER_BYTES) {
            throw bad(ImageDefect.UNDECODABLE, "has a header of " + header + " bytes");
        }
        int width = core ? in.u16le(18) : in.i32le(18);
        int height = Math.abs(core ? in.u16le(20) : in.i32le(22));
        int bits = in.u16le(core ? 24 : 28);
        int compression = core ? RGB : in.i32le(30);
        if (width < 1 || height < 1) {
            throw bad(ImageDefect.UNDECODABLE, "says it has " + width + " x " + height + " pixels");
        }
        if (bits < 1 || bits > 32 || compression < RGB || compression > BIT_FIELDS) {
            throw bad(
                    ImageDefect.UNSUPPORTED,
                    "has " + bits + " bits a pixel in compression " + compression);
        }
        boolean runs = compression == RLE8 || compression == RLE4;
        long rowBytes = ((long) width * bits + 31) / 32 * 4;
        long data = Math.max(0, bytes.length - (in.i32le(10) & 0xFFFFFFFFL));
        return new BmpImage(width, height, data, runs ? 0 : rowBytes * height, bytes);
    }

    private static BadImageException bad(ImageDefect reason, String what) {
        return new BadImageException(reason, "BMP " + what);
    }
}
