package io.kiln.images;

/**
 * Takes samples out of a row of a strip or tile, most significant bytes first: unsigned numbers of
 * up to 16 bits as they are, all others as the bits of a float32.
 */
final class TiffSamples {
    private TiffSamples() {}

    /**
     * @param at first byte of the row
     * @param count of samples
     * @param target overwritten from its start
     */
    static void unpack(byte[] part, int at, int count, TiffLayout layout, int[] target) {
        int bits = layout.bits();
        if (layout.isCarriedAsFloat()) {
            for (int i = 0; i < count; i++) {
                target[i] = Float.floatToRawIntBits(number(part, at + i * bits / 8, layout));
            }
        } else if (bits == 8) {
            for (int i = 0; i < count; i++) {
                target[i] = part[at + i] & 0xFF;
            }
        } else if (bits == 16) {
            for (int i = 0; i < count; i++) {
                target[i] = u16(part, at + 2 * i);
            }
        } else {
            unpackBits(part, at, count, bits, target);
        }
    }

    private static void unpackBits(byte[] part, int first, int count, int bits, int[] target) {
        int at = first;
        int mask = (1 << bits) - 1;
        int buffer = 0;
        int buffered = 0;
        for (int i = 0; i < count; i++) {
            while (buffered < bits) {
                buffer = buffer << 8 | part[at++] & 0xFF;
                buffered += 8;
            }
            buffered -= bits;
            target[i] = buffer >>> buffered & mask;
        }
    }

    private static float number(byte[] part, int at, TiffLayout layout) {
        int bits = layout.bits();
        return switch (layout.numbers()) {
            case UNSIGNED -> i32(part, at) & 0xFFFFFFFFL;
            case SIGNED ->
                    bits == 8 ? part[at] : bits == 16 ? (short) u16(part, at) : i32(part, at);
            case FLOAT ->
                    switch (bits) {
                        case 16 -> half(u16(part, at));
                        case 32 -> Float.intBitsToFloat(i32(part, at));
                        default -> {
                            long upper = (long) i32(part, at) << 32;
                            long all = upper | i32(part, at + 4) & 0xFFFFFFFFL;
                            yield (float) Double.longBitsToDouble(all);
                        }
                    };
        };
    }

    /** IEEE 754 binary16. */
    static float half(int bits) {
        int exponent = bits >> 10 & 0x1F;
        int fraction = bits & 0x3FF;
        float size =
                switch (exponent) {
                    case 0 -> Math.scalb((float) fraction, -24);
                    case 0x1F -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
                    default -> Math.scalb((float) (fraction | 0x400), exponent - 25);
                };
        return bits >> 15 == 0 ? size : -size;
    }

    private static int u16(byte[] part, int at) {
        return (part[at] & 0xFF) << 8 | part[at + 1] & 0xFF;
    }

    private static int i32(byte[] part, int at) {
        return u16(part, at) << 16 | u16(part, at + 2);
    }
}
