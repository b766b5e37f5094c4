package io.kiln.images;

/**
 * A BMP whose header has been read (Windows, versions 2 to 5; OS/2).
 *
 * @param rows where its rows begin
 * @param masks bits of red, green and blue in a pixel, where the file names them
 * @param palette red, green and blue of colours in the file's order: blue, green, red, unused
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record BmpImage(
        int width,
        int height,
        boolean topDown,
        int bits,
        int compression,
        int rows,
        int[] masks,
        byte[] palette,
        byte[] bytes)
        implements EncodedImage {
    static final int RGB = 0;
    static final int RLE8 = 1;
    static final int RLE4 = 2;
    static final int BIT_FIELDS = 3;

    static final int FILE_HEADER_BYTES = 14;
    static final int INFO_HEADER_BYTES = 40;

    @Override
    public String format() {
        return "BMP";
    }

    private boolean hasRuns() {
        return compression == RLE8 || compression == RLE4;
    }

    /** Bytes of a row, which is padded to four. */
    static long rowBytes(int width, int bits) {
        return ((long) width * bits + 31) / 32 * 4;
    }

    /**
     * Of an image of runs: its padded rows and their copy behind a header; then the decoder's byte
     * and the conversion's three for each pixel, and a row of ints.
     */
    @Override
    public long decodedBytes(int samples) {
        return hasRuns()
                ? 2 * rowBytes(width, 8) * height + 4L * width * (height + 1L)
                : EncodedImage.super.decodedBytes(samples);
    }

    @Override
    public void requireEnoughData() throws BadImageException {
        long least = hasRuns() ? 0 : rowBytes(width, bits) * height;
        requireDataBytes(Math.max(0, bytes.length - rows), least);
    }

    @Override
    public Bitmap decode(ImageReaders readers) throws BadImageException {
        return RasterToRgb.convert(readers.read(ImageReaders.Codec.BMP, plain()));
    }

    /**
     * The same image under the one header that the decoder behind surely knows, without what lies
     * between header and rows, and without runs.
     */
    private byte[] plain() {
        int stored = hasRuns() ? 8 : bits;
        int data = (int) rowBytes(width, stored) * height;
        int offset = FILE_HEADER_BYTES + INFO_HEADER_BYTES + 4 * masks.length + palette.length;
        ByteRanges plain =
                new ByteRanges(bytes)
                        .addAscii("BM")
                        .addU32le(offset + data)
                        .addU32le(0)
                        .addU32le(offset)
                        .addU32le(INFO_HEADER_BYTES)
                        .addU32le(width)
                        .addU32le(topDown ? -height : height)
                        .add(1, 0, stored, 0)
                        .addU32le(masks.length == 0 ? RGB : BIT_FIELDS);
        for (int field : new int[] {data, 0, 0, palette.length / 4, 0}) {
            plain.addU32le(field);
        }
        for (int mask : masks) {
            plain.addU32le(mask);
        }
        plain.addBytes(palette);
        return hasRuns()
                ? plain.addBytes(new BmpRuns(this).rows()).toBytes()
                : plain.keep(rows, rows + data).toBytes();
    }

    /** Whether a version of the format has a second header of this many bytes. */
    static boolean isHeaderSize(int bytes) {
        return switch (bytes) {
            case 12, 16, 40, 52, 56, 64, 108, 124 -> true;
            default -> false;
        };
    }
}
