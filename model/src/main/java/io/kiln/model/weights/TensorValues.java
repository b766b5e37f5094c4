package io.kiln.model.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Numbers of a tensor, whatever format they are stored in. */
public final class TensorValues {
    private TensorValues() {}

    /**
     * @param bytes little-endian values
     */
    static double[] toDoubles(ByteBuffer bytes, TensorType type) {
        double[] values = new double[bytes.remaining() / type.bytes()];
        if (type == TensorType.F32) { // the format of most networks, without a choice at each value
            FloatBuffer floats = bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
            for (int i = 0; i < values.length; i++) {
                values[i] = floats.get(i);
            }
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = at(bytes, i, type);
        }
        return values;
    }

    /**
     * Adds a tensor's numbers to sums of as many.
     *
     * @param bytes little-endian values
     */
    public static void add(double[] sums, ByteBuffer bytes, TensorType type) {
        if (type == TensorType.F32) { // as above
            FloatBuffer floats = bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
            for (int i = 0; i < sums.length; i++) {
                sums[i] += floats.get(i);
            }
            return;
        }
        for (int i = 0; i < sums.length; i++) {
            sums[i] += at(bytes, i, type);
        }
    }

    /**
     * Numbers as a file has them, each rounded to the nearest of the format, little-endian. The
     * bytes are on Java's heap: they need nothing that must stay open, and nothing to be closed.
     *
     * @param type F64, F32 or BF16
     */
    public static ByteBuffer toBytes(double[] values, TensorType type) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(type.bytes(), values.length))
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            switch (type) {
                case F64 -> bytes.putDouble(value);
                case F32 -> bytes.putFloat((float) value);
                case BF16 -> bytes.putShort(bf16((float) value));
                default -> throw new IllegalArgumentException("no numbers are written as " + type);
            }
        }
        return bytes.flip();
    }

    /** What bf16 makes of a number. */
    public static double roundedToBf16(double value) {
        return Float.intBitsToFloat(bf16((float) value) << 16);
    }

    /** The upper half of a float, of two equally near ones the even one. */
    private static short bf16(float value) {
        int bits = Float.floatToIntBits(value); // of all NaN, one that stays NaN
        int odd = (bits >>> 16) & 1;
        return (short) (Float.isNaN(value) ? (bits >>> 16) : ((bits + 0x7fff + odd) >>> 16));
    }

    private static double at(ByteBuffer bytes, int i, TensorType type) {
        return switch (type) {
            case F64 -> bytes.getDouble(8 * i);
            case F32 -> bytes.getFloat(4 * i);
            case F16 -> half(bytes.getShort(2 * i));
            case BF16 -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
            case I64 -> bytes.getLong(8 * i);
            case I32 -> bytes.getInt(4 * i);
            case U8 -> bytes.get(i) & 0xff;
        };
    }

    /** IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
    private static double half(short bits) {
        int exponent = (bits >> 10) & 0x1f;
        int fraction = bits & 0x3ff;
        double magnitude =
                switch (exponent) {
                    case 0 -> fraction * 0x1.0p-24;
                    case 31 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
                    default -> (1024 + fraction) * Math.scalb(1.0, exponent - 25);
                };
        return bits < 0 ? -magnitude : magnitude;
    }
}
