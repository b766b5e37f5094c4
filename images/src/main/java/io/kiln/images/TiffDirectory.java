package io.kiln.images;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;

/** The header and the one directory of a TIFF that is to be written; its data follow. */
final class TiffDirectory {
    private static final int HEADER_BYTES = 8;
    private static final int ENTRY_BYTES = 12;
    private static final int SHORT = 3;
    private static final int LONG = 4;

    @SuppressWarnings("ArrayRecordComponent") // values may still change until they are written
    private record Field(int type, int[] values) {
        int bytes() {
            return values.length * (type == SHORT ? 2 : 4);
        }

        /** Bytes outside the entry, in whole words. */
        int outside() {
            return bytes() <= 4 ? 0 : (bytes() + 3) / 4 * 4;
        }

        void write(ByteBuffer out) {
            for (int value : values) {
                if (type == SHORT) {
                    out.putShort((short) value);
                } else {
                    out.putInt(value);
                }
            }
        }
    }

    private final Map<Integer, Field> fields = new TreeMap<>();

    /** Adds a field of numbers of 16 bits. */
    void shorts(int tag, int... values) {
        fields.put(tag, new Field(SHORT, values));
    }

    /** Adds a field of numbers of 32 bits. */
    void longs(int tag, int... values) {
        fields.put(tag, new Field(LONG, values));
    }

    private int end() {
        return HEADER_BYTES + 2 + ENTRY_BYTES * fields.size() + 4;
    }

    /** Bytes up to where the data begin. */
    int bytes() {
        return end() + fields.values().stream().mapToInt(Field::outside).sum();
    }

    /** Writes all of it, in the buffer's byte order. */
    void write(ByteBuffer out) {
        byte order = (byte) (out.order() == ByteOrder.LITTLE_ENDIAN ? 'I' : 'M');
        out.put(order).put(order);
        out.putShort((short) 42).putInt(HEADER_BYTES).putShort((short) fields.size());
        int outside = end();
        for (Map.Entry<Integer, Field> entry : fields.entrySet()) {
            Field field = entry.getValue();
            out.putShort(entry.getKey().shortValue());
            out.putShort((short) field.type()).putInt(field.values().length);
            int next = out.position() + 4;
            if (field.outside() == 0) {
                field.write(out);
            } else {
                out.putInt(outside);
                field.write(out.position(outside));
                outside += field.outside();
            }
            out.position(next);
        }
        out.putInt(0).position(bytes());
    }
}
