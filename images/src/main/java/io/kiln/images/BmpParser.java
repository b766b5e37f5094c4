package io.kiln.images;

/** Reads the header of one BMP, whatever its version. */
final class BmpParser {
    private static final int CORE_HEADER_BYTES = 12;
    private static final int SHORT_HEADER_BYTES = 16;

    /** Behind a header of 40 bytes, or within a longer one. */
    private static final int MASKS = BmpImage.FILE_HEADER_BYTES + BmpImage.INFO_HEADER_BYTES;

    private final Bytes in;
    private final int header;

    private BmpParser(Bytes in) throws BadImageException {
        this.in = in;
        this.header = in.i32le(BmpImage.FILE_HEADER_BYTES);
    }

    static BmpImage parse(byte[] bytes) throws BadImageException {
        return new BmpParser(new Bytes("BMP", bytes)).parse();
    }

    private BmpImage parse() throws BadImageException {
        boolean core = header == CORE_HEADER_BYTES;
        int width = core ? in.u16le(18) : in.i32le(18);
        int rows = core ? in.u16le(20) : in.i32le(22);
        int height = Math.abs(rows);
        if (width < 1 || height < 1) {
            throw bad(ImageDefect.UNDECODABLE, "says it has " + width + " x " + height + " pixels");
        }
        int bits = in.u16le(core ? 24 : 28);
        int compression = header <= SHORT_HEADER_BYTES ? BmpImage.RGB : in.i32le(30);
        if (!isKnown(bits, compression)) {
            throw bad(
                    ImageDefect.UNSUPPORTED,
                    "has " + bits + " bits a pixel in compression " + compression);
        }
        int[] masks = compression == BmpImage.BIT_FIELDS ? masks() : new int[0];
        return new BmpImage(
                width,
                height,
                rows < 0,
                bits,
                compression,
                Math.max(0, in.i32le(10)),
                masks,
                bits <= 8 ? palette(bits) : new byte[0],
                in.array());
    }

    private static boolean isKnown(int bits, int compression) {
        return switch (compression) {
            case BmpImage.RGB ->
                    switch (bits) {
                        case 1, 4, 8, 16, 24, 32 -> true;
                        default -> false;
                    };
            case BmpImage.RLE8 -> bits == 8;
            case BmpImage.RLE4 -> bits == 4;
            case BmpImage.BIT_FIELDS -> bits == 16 || bits == 32;
            default -> false;
        };
    }

    private int[] masks() throws BadImageException {
        return new int[] {in.i32le(MASKS), in.i32le(MASKS + 4), in.i32le(MASKS + 8)};
    }

    /** Colours of four bytes; of those that the file lacks nothing. */
    private byte[] palette(int bits) throws BadImageException {
        int from = BmpImage.FILE_HEADER_BYTES + header;
        int colour = header == CORE_HEADER_BYTES ? 3 : 4;
        int told = header < BmpImage.INFO_HEADER_BYTES ? 0 : in.i32le(46);
        int count = told < 1 || told > 1 << bits ? 1 << bits : told;
        int rows = in.i32le(10);
        if (rows > from) {
            count = Math.min(count, (rows - from) / colour);
        }
        byte[] palette = new byte[4 << bits];
        for (int i = 0; i < 3 * count; i++) {
            palette[i / 3 * 4 + i % 3] = (byte) in.u8(from + i / 3 * colour + i % 3);
        }
        return palette;
    }

    private static BadImageException bad(ImageDefect reason, String what) {
        return new BadImageException(reason, "BMP " + what);
    }
}
