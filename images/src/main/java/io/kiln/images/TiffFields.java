package io.kiln.images;

import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;

/** The fields of a TIFF's first directory (TIFF 6.0, section 2): unsigned whole numbers by tag. */
final class TiffFields {
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int MAX_ENTRIES = 4096;

    /** Of strips, tiles or values of any other kind. */
    static final int MAX_VALUES = 1 << 18;

    private final Bytes in;
    private final boolean littleEndian;
    private final Map<Integer, int[]> fields = new TreeMap<>();

    /**
     * Reads the directory.
     *
     * @throws BadImageException TRUNCATED or TOO_COMPLEX
     */
    TiffFields(Bytes in) throws BadImageException {
        this.in = in;
        this.littleEndian = in.startsWith(0, "II");
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

    private void readDirectory() throws BadImageException {
        long directory = u32(4);
        in.require(directory, 2);
        int at = (int) directory;
        int entries = u16(at);
        if (entries > MAX_ENTRIES) {
            throw TiffParser.bad(ImageDefect.TOO_COMPLEX, "has " + entries + " fields");
        }
        in.require(at + 2L, 12L * entries);
        for (int i = 0; i < entries; i++) {
            readField(at + 2 + 12 * i);
        }
    }

    private void readField(int at) throws BadImageException {
        int tag = u16(at);
        int type = u16(at + 2);
        boolean wanted = tag >= TiffTag.WIDTH && tag <= TiffTag.SAMPLE_FORMAT;
        if (!wanted || type != SHORT && type != LONG) {
            return;
        }
        long count = u32(at + 4);
        int bytes = type == SHORT ? 2 : 4;
        long from = count * bytes <= 4 ? at + 8 : u32(at + 8);
        in.require(from, count * bytes);
        if (count < 1 || count > MAX_VALUES) {
            throw TiffParser.bad(
                    ImageDefect.TOO_COMPLEX, "has " + count + " values in field " + tag);
        }
        int[] values = new int[(int) count];
        for (int i = 0; i < values.length; i++) {
            int value = (int) from + i * bytes;
            values[i] = type == SHORT ? u16(value) : (int) u32(value);
        }
        fields.put(tag, values);
    }

    /** The first number of a field that counts something, at least 1. */
    int size(int tag) throws BadImageException {
        int value = required(tag)[0];
        if (value < 1) {
            throw TiffParser.bad(
                    ImageDefect.UNDECODABLE, "says it has " + value + " in field " + tag);
        }
        return value;
    }

    /** The first number of a field. */
    int first(int tag, int otherwise) {
        int[] values = fields.get(tag);
        return values == null ? otherwise : values[0];
    }

    /** All numbers of a field. */
    int[] required(int tag) throws BadImageException {
        int[] values = fields.get(tag);
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
}
