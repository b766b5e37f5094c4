package io.kiln.images;

import java.util.zip.CRC32;

/**
 * A PNG whose chunks have been walked up to IEND (PNG specification, third edition, 5 and 11).
 *
 * @param bytes the header, the palette, transparency and one IDAT: all that pixels need
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record PngImage(int width, int height, long dataBytes, long leastDataBytes, byte[] bytes)
        implements EncodedImage {
    private static final int SIGNATURE_BYTES = 8;

    /** The best that deflate does: 258 bytes for two bits. */
    private static final int BEST_COMPRESSION = 1032;

    /** Encoders write one every 8 KiB or more; a file of millions costs more than its pixels. */
    private static final int MAX_CHUNKS = 1 << 16;

    private static final int IHDR = 0x49484452;
    private static final int PLTE = 0x504C5445;
    private static final int TRNS = 0x74524E53;
    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454E44;
    private static final int IEND_CHECKSUM = 0xAE426082;

    @Override
    public String format() {
        return "PNG";
    }

    @Override
    public void requireEnoughData() throws BadImageException {
        requireDataBytes(dataBytes, leastDataBytes);
    }

    @Override
    public Bitmap decode(ImageReaders readers) throws BadImageException {
        return RasterToRgb.convert(readers.read(ImageReaders.Codec.PNG, bytes));
    }

    static PngImage parse(byte[] bytes) throws BadImageException {
        Bytes in = new Bytes("PNG", bytes);
        ByteRanges tables = new ByteRanges(bytes);
        ByteRanges data = new ByteRanges(bytes).addAscii("IDAT");
        if (!"IHDR".equals(in.tag(SIGNATURE_BYTES + 4)) || in.i32be(SIGNATURE_BYTES) != 13) {
            throw new BadImageException(ImageDefect.UNDECODABLE, "PNG does not begin with IHDR");
        }
        int at = SIGNATURE_BYTES;
        int chunks = 0;
        for (int type = 0; type != IEND; ) {
            if (++chunks > MAX_CHUNKS) {
                throw new BadImageException(
                        ImageDefect.TOO_COMPLEX, "PNG has more than " + MAX_CHUNKS + " chunks");
            }
            int length = in.i32be(at);
            type = in.i32be(at + 4);
            int end = endOfChunk(in, at, length);
            if (type == IHDR || type == PLTE || type == TRNS) {
                requireChecksum(in, at, length);
                tables.keep(at, end);
            } else if (type == IDAT) {
                requireChecksum(in, at, length);
                data.keep(at + 8, at + 8 + length);
            }
            at = end;
        }
        int width = in.i32be(SIGNATURE_BYTES + 8);
        int height = in.i32be(SIGNATURE_BYTES + 12);
        if (width < 1 || height < 1) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE,
                    "PNG says it has " + width + " x " + height + " pixels");
        }
        long rowBytes = ((long) width * bitsAPixel(in) + 7) / 8;
        long leastDataBytes = rowBytes / BEST_COMPRESSION * height;
        byte[] typeAndPixels = data.toBytes();
        return new PngImage(
                width,
                height,
                typeAndPixels.length - 4,
                leastDataBytes,
                needed(bytes, tables, typeAndPixels));
    }

    private static int endOfChunk(Bytes in, int at, int length) throws BadImageException {
        if (length < 0) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE,
                    "PNG chunk " + in.tag(at + 4) + " has a negative length");
        }
        in.require(at, 12L + length);
        return at + 12 + length;
    }

    private static void requireChecksum(Bytes in, int at, int length) throws BadImageException {
        if (checksum(in.array(), at + 4, length + 4) != in.i32be(at + 8 + length)) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE,
                    "PNG chunk "
                            + in.tag(at + 4)
                            + " at byte "
                            + at
                            + " does not match its checksum");
        }
    }

    private static int checksum(byte[] bytes, int from, int length) {
        CRC32 sum = new CRC32();
        sum.update(bytes, from, length);
        return (int) sum.getValue();
    }

    private static int bitsAPixel(Bytes in) throws BadImageException {
        int samples =
                switch (in.u8(SIGNATURE_BYTES + 17)) {
                    case 0, 3 -> 1;
                    case 2 -> 3;
                    case 4 -> 2;
                    case 6 -> 4;
                    default ->
                            throw new BadImageException(
                                    ImageDefect.UNDECODABLE, "PNG has an unknown colour type");
                };
        return samples * in.u8(SIGNATURE_BYTES + 16);
    }

    private static byte[] needed(byte[] bytes, ByteRanges tables, byte[] typeAndPixels) {
        return new ByteRanges(bytes)
                .keep(0, SIGNATURE_BYTES)
                .keepAll(tables)
                .addU32be(typeAndPixels.length - 4)
                .addBytes(typeAndPixels)
                .addU32be(checksum(typeAndPixels, 0, typeAndPixels.length))
                .addU32be(0)
                .addAscii("IEND")
                .addU32be(IEND_CHECKSUM)
                .toBytes();
    }
}
