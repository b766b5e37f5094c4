package io.kiln.images;

/**
 * Walks the chunks of one PNG. What pixels do not need may be missing or wrong: the end, chunks
 * that do not belong, checksums of data whose own is right.
 */
final class PngParser {
    private static final int SIGNATURE_BYTES = 8;
    private static final int HEADER_BYTES = 13;
    private static final int CHUNK_BYTES = 12;

    /** Encoders write one every 8 KiB or more; a file of millions costs more than its pixels. */
    private static final int MAX_CHUNKS = 1 << 16;

    private static final int IHDR = 0x49484452;
    private static final int PLTE = 0x504C5445;
    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454E44;
    private static final int EXIF = 0x65584966;
    private static final int TEXT = 0x74455874;
    private static final int ZTXT = 0x7A545874;
    private static final int ITXT = 0x69545874;

    private final Bytes in;
    private final ByteRanges data;
    private final OrientationTags orientation = new OrientationTags();
    private int palette;
    private boolean hasData;
    private boolean checked = true;

    PngParser(byte[] bytes) {
        this.in = new Bytes("PNG", bytes);
        this.data = new ByteRanges(bytes).addAscii("IDAT");
    }

    PngImage parse() throws BadImageException {
        int at = SIGNATURE_BYTES;
        in.require(at, HEADER_BYTES + CHUNK_BYTES);
        if (in.i32be(at) != HEADER_BYTES || in.i32be(at + 4) != IHDR) {
            throw bad(ImageDefect.UNDECODABLE, "does not begin with IHDR");
        }
        requireChecksum(at, HEADER_BYTES);
        PngHeader header = PngHeader.read(in, at + 8);
        at += HEADER_BYTES + CHUNK_BYTES;
        for (int chunks = 1; hasNext(at); chunks++) {
            if (chunks >= MAX_CHUNKS) {
                throw bad(ImageDefect.TOO_COMPLEX, "has more than " + MAX_CHUNKS + " chunks");
            }
            at = chunk(at);
        }
        if (!hasData) {
            throw bad(ImageDefect.TRUNCATED, "ends after " + in.length() + " bytes without pixels");
        }
        ByteRanges tables =
                new ByteRanges(in.array()).keep(0, SIGNATURE_BYTES + HEADER_BYTES + CHUNK_BYTES);
        if (header.colourType() == PngHeader.PALETTE && palette > 0) {
            tables.keep(palette, palette + CHUNK_BYTES + in.i32be(palette));
        }
        return PngImage.of(header, checked, orientation.orientation(), tables, data.toBytes());
    }

    /** After data, what is no chunk is the end; before them it is an error. */
    private boolean hasNext(int at) throws BadImageException {
        if (hasData && (at + 8L > in.length() || in.i32be(at) < 0)) {
            return false;
        }
        return in.i32be(at + 4) != IEND;
    }

    private int chunk(int at) throws BadImageException {
        int length = in.i32be(at);
        if (length < 0) {
            throw bad(
                    ImageDefect.UNDECODABLE, "chunk " + in.tag(at + 4) + " has a negative length");
        }
        int type = in.i32be(at + 4);
        int content = at + 8;
        int end = (int) Math.min((long) content + length, in.length());
        boolean whole = (long) content + length + 4 <= in.length();
        if (!whole && type != IDAT && !hasData) {
            in.require(at, CHUNK_BYTES + (long) length);
        }
        switch (type) {
            case IDAT -> {
                hasData = true;
                checked &=
                        !whole || isRight(at, length); // data that are cut off show it themselves
                data.keep(content, end);
            }
            case PLTE -> {
                if (!hasData && whole) {
                    requireChecksum(at, length);
                    palette = at;
                }
            }
            case EXIF -> orientation.exif(in.array(), content, end);
            case TEXT, ZTXT, ITXT -> PngText.read(in, type == ZTXT, content, end, orientation);
            default -> {} // pixels need no other chunk
        }
        return (int) Math.min((long) content + length + 4, Integer.MAX_VALUE - 8L);
    }

    private boolean isRight(int at, int length) throws BadImageException {
        return PngImage.checksum(in.array(), at + 4, length + 4) == in.i32be(at + 8 + length);
    }

    private void requireChecksum(int at, int length) throws BadImageException {
        if (!isRight(at, length)) {
            throw bad(
                    ImageDefect.UNDECODABLE,
                    "chunk " + in.tag(at + 4) + " at byte " + at + " does not match its checksum");
        }
    }

    private static BadImageException bad(ImageDefect reason, String what) {
        return new BadImageException(reason, "PNG " + what);
    }
}
