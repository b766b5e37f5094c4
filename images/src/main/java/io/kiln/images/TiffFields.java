package io.kiln.images;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * The fields of a TIFF's first directory (TIFF 6.0, section 2; BigTIFF as libtiff 4 defines it):
 * unsigned whole numbers by tag.
 */
final class TiffFields {
    private static final int BYTE = 1;
    private static final int ASCII = 2;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int UNDEFINED = 7;
    private static final int LONG8 = 16;
    private static final int BIG_TIFF = 43;
    private static final int MAX_ENTRIES = 4096;
    private static final int MAX_TEXT = 64;

    /** Of strips, tiles or values of any other kind. */
    static final int MAX_VALUES = 1 << 18;

    private final Bytes in;
    private final boolean littleEndian;
    private final boolean big;
    private final Map<Integer, long[]> fields = new TreeMap<>();
    private final OrientationTags orientation = new OrientationTags();
    private String noData = "";

    /**
     * Reads the directory.
     *
     * @throws BadImageException TRUNCATED or TOO_COMPLEX
     */
    TiffFields(Bytes in) throws BadImageException {
        this.in = in;
        this.littleEndian = in.startsWith(0, "II");
        this.big = u16(2) == BIG_TIFF;
        readDirectory();
    }

    ByteOrder order() {
        return littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }

    /** Whether the data lie in tiles; else in strips. */
    boolean isTiled() {
        return has(TiffTag.TILE_OFFSETS);
    }

    int offsetsTag() {
        return isTiled() ? TiffTag.TILE_OFFSETS : TiffTag.STRIP_OFFSETS;
    }

    int lengthsTag() {
        return isTiled() ? TiffTag.TILE_BYTES : TiffTag.STRIP_BYTES;
    }

    boolean has(int tag) {
        return fields.containsKey(tag);
    }

    /** The value of samples without data that GDAL notes, as text; empty if there is none. */
    String noData() {
        return noData;
    }

    /** As the field of this name says, or else an XMP packet. */
    Orientation orientation() {
        return has(TiffTag.ORIENTATION)
                ? Orientation.ofCode(first(TiffTag.ORIENTATION, 1))
                : orientation.orientation();
    }

    private void readDirectory() throws BadImageException {
        long directory = big ? u64(8) : u32(4);
        int countBytes = big ? 8 : 2;
        in.require(directory, countBytes);
        int at = (int) directory;
        long entries = big ? u64(at) : u16(at);
        if (entries < 0 || entries > MAX_ENTRIES) {
            throw TiffParser.bad(ImageDefect.TOO_COMPLEX, "has " + entries + " fields");
        }
        int entryBytes = big ? 20 : 12;
        in.require((long) at + countBytes, entryBytes * entries);
        for (int i = 0; i < entries; i++) {
            readField(at + countBytes + entryBytes * i);
        }
    }

    private void readField(int at) throws BadImageException {
        int tag = u16(at);
        int type = u16(at + 2);
        long count = big ? u64(at + 4) : u32(at + 4);
        if (tag == TiffTag.GDAL_NO_DATA && type == ASCII && count <= MAX_TEXT) {
            int from = (int) from(at, count);
            noData = new String(in.array(), from, (int) count, StandardCharsets.US_ASCII).trim();
        }
        if (tag == TiffTag.XMP && (type == BYTE || type == UNDEFINED)) {
            int from = (int) from(at, count);
            orientation.xmp(in.array(), from, (int) (from + count));
        }
        boolean wanted = tag >= TiffTag.WIDTH && tag <= TiffTag.SAMPLE_FORMAT;
        if (wanted && (type == BYTE || type == SHORT || type == LONG || type == LONG8)) {
            fields.put(tag, values(at, tag, type, count));
        }
    }

    private long[] values(int at, int tag, int type, long count) throws BadImageException {
        if (count < 1 || count > MAX_VALUES) {
            throw TiffParser.bad(
                    ImageDefect.TOO_COMPLEX, "has " + count + " values in field " + tag);
        }
        int bytes =
                switch (type) {
                    case BYTE -> 1;
                    case SHORT -> 2;
                    case LONG -> 4;
                    default -> 8;
                };
        int from = (int) from(at, count * bytes);
        long[] values = new long[(int) count];
        for (int i = 0; i < values.length; i++) {
            int value = from + i * bytes;
            values[i] =
                    switch (type) {
                        case BYTE -> in.u8(value);
                        case SHORT -> u16(value);
                        case LONG -> u32(value);
                        default -> u64(value);
                    };
        }
        return values;
    }

    /** Where the values of an entry are: in the entry if they fit. */
    private long from(int entry, long bytes) throws BadImageException {
        int at = entry + (big ? 12 : 8);
        long from = bytes <= (big ? 8 : 4) ? at : big ? u64(at) : u32(at);
        in.require(from, bytes);
        return from;
    }

    /** The first number of a field that counts something, at least 1. */
    int size(int tag) throws BadImageException {
        long value = required(tag)[0];
        if (value < 1 || value > Integer.MAX_VALUE) {
            throw TiffParser.bad(
                    ImageDefect.UNDECODABLE, "says it has " + value + " in field " + tag);
        }
        return (int) value;
    }

    /** The first number of a field; one too large for an int is the largest int. */
    int first(int tag, int otherwise) {
        long[] values = fields.get(tag);
        return values == null
                ? otherwise
                : values[0] < 0 ? Integer.MAX_VALUE : (int) Math.min(values[0], Integer.MAX_VALUE);
    }

    /** All numbers of a field. */
    long[] required(int tag) throws BadImageException {
        long[] values = fields.get(tag);
        if (values == null) {
            throw TiffParser.bad(ImageDefect.UNDECODABLE, "lacks field " + tag);
        }
        return values;
    }

    private int u16(int at) throws BadImageException {
        return littleEndian ? in.u16le(at) : in.u16be(at);
    }

    private long u32(int at) throws BadImageException {
        return (littleEndian ? in.i32le(at) : in.i32be(at)) & 0xFFFFFFFFL;
    }

    /** Negative where it is larger than any file; {@link Bytes#require} refuses that. */
    private long u64(int at) throws BadImageException {
        return littleEndian ? u32(at) | u32(at + 4) << 32 : u32(at) << 32 | u32(at + 4);
    }
}
