package io.kiln.images;

import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * A PNG whose chunks have been walked (PNG specification, third edition, 5 and 11).
 *
 * @param checked whether each piece of the data matches its checksum
 * @param pixels the data: type and content of one IDAT
 * @param bytes the header, the palette and that IDAT: all that pixels need
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record PngImage(
        PngHeader header, boolean checked, Orientation orientation, byte[] pixels, byte[] bytes)
        implements EncodedImage {
    private static final int TYPE_BYTES = 4;
    private static final int CHECKSUM_BYTES = 4;
    private static final int ADLER_32_BYTES = 4;
    private static final int END_BYTES = 12;

    /** As zlib, and so the JDK's decoder, calls it. */
    private static final String WRONG_ADLER_32 = "incorrect data check";

    /** The best that deflate does: 258 bytes for two bits. */
    private static final int BEST_COMPRESSION = 1032;

    private static final int IEND_CHECKSUM = 0xAE426082;

    @Override
    public String format() {
        return "PNG";
    }

    @Override
    public int width() {
        return header.width();
    }

    @Override
    public int height() {
        return header.height();
    }

    @Override
    public int valueBits() {
        return header.bits() == 16 ? 16 : 8;
    }

    /**
     * All rows as they are stored, and as they become. The decoder holds three more rows, the
     * conversion one of ints.
     */
    @Override
    public long decodedBytes(int samples) {
        long converted = (long) Bitmap.RGB * valueBits() / 8 * height() + 4L * header.samples();
        return header.rowBytes() * (height() + 3L) + width() * converted;
    }

    @Override
    public void requireEnoughData() throws BadImageException {
        requireDataBytes(
                pixels.length - TYPE_BYTES, header.rowBytes() / BEST_COMPRESSION * height());
    }

    @Override
    public Bitmap decode(ImageReaders readers) throws BadImageException {
        if (!checked && readers.policy() == DamagePolicy.REFUSE) {
            requireAdler32();
        }
        try {
            return RasterToRgb.convert(readers.read(ImageReaders.Codec.PNG, bytes));
        } catch (BadImageException e) {
            if (!String.valueOf(e.getMessage()).contains(WRONG_ADLER_32)) {
                throw e;
            }
            // The decoder looks at it last: all pixels were there, and their chunk was right.
            return RasterToRgb.convert(readers.read(ImageReaders.Codec.PNG, withoutAdler32()));
        }
    }

    private byte[] withoutAdler32() {
        byte[] data = Arrays.copyOf(pixels, Math.max(TYPE_BYTES, pixels.length - ADLER_32_BYTES));
        int tables = bytes.length - pixels.length - TYPE_BYTES - CHECKSUM_BYTES - END_BYTES;
        return withData(new ByteRanges(bytes).keep(0, tables), data);
    }

    /** Data have a checksum within, too; where that is right, no pixel is wrong. */
    private void requireAdler32() throws BadImageException {
        if (!Deflated.isWhole(pixels, TYPE_BYTES, header.rawBytes())) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE,
                    "PNG has a chunk IDAT that does not match its checksum, and data that do not"
                            + " match their Adler-32");
        }
    }

    static PngImage parse(byte[] bytes) throws BadImageException {
        return new PngParser(bytes).parse();
    }

    /**
     * @param tables header and palette, with their checksums
     * @param pixels type and content of one IDAT
     */
    static PngImage of(
            PngHeader header,
            boolean checked,
            Orientation orientation,
            ByteRanges tables,
            byte[] pixels) {
        return new PngImage(header, checked, orientation, pixels, withData(tables, pixels));
    }

    private static byte[] withData(ByteRanges tables, byte[] pixels) {
        return tables.addU32be(pixels.length - TYPE_BYTES)
                .addBytes(pixels)
                .addU32be(checksum(pixels, 0, pixels.length))
                .addU32be(0)
                .addAscii("IEND")
                .addU32be(IEND_CHECKSUM)
                .toBytes();
    }

    static int checksum(byte[] bytes, int from, int length) {
        CRC32 sum = new CRC32();
        sum.update(bytes, from, length);
        return (int) sum.getValue();
    }
}
