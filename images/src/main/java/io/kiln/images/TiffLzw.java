package io.kiln.images;

/**
 * LZW as TIFF has it (TIFF 6.0, section 13): codes of 9 to 12 bits, most significant bit first,
 * that grow one code earlier than GIF's.
 */
final class TiffLzw {
    private static final int CLEAR = 256;
    private static final int END = 257;
    private static final int FIRST_FREE = 258;
    private static final int MIN_BITS = 9;
    private static final int MAX_BITS = 12;

    private final byte[] source;
    private final int to;
    private int at;
    private int buffer;
    private int buffered;

    private TiffLzw(byte[] source, int from, int to) {
        this.source = source;
        this.at = from;
        this.to = to;
    }

    /** As {@link TiffCompression#decompress}. */
    static int decompress(byte[] source, int from, int to, byte[] target, int wanted)
            throws BadImageException {
        return new TiffLzw(source, from, to).decompress(target, wanted);
    }

    /** A code stands for bytes that the target holds already: those of an earlier code and one. */
    private int decompress(byte[] target, int wanted) throws BadImageException {
        int[] starts = new int[1 << MAX_BITS];
        int[] lengths = new int[1 << MAX_BITS];
        int bits = MIN_BITS;
        int next = FIRST_FREE;
        int previous = CLEAR;
        int previousStart = 0;
        int written = 0;
        for (int code = code(bits);
                code >= 0 && code != END && written < wanted;
                code = code(bits)) {
            if (code == CLEAR) {
                bits = MIN_BITS;
                next = FIRST_FREE;
                previous = CLEAR;
                continue;
            }
            int previousLength = written - previousStart;
            if (previous != CLEAR && next < 1 << MAX_BITS) {
                starts[next] = previousStart;
                lengths[next] = previousLength + 1;
                next++;
                if (next + 1 >= 1 << bits && bits < MAX_BITS) {
                    bits++;
                }
            }
            previousStart = written;
            if (code < CLEAR) {
                target[written++] = (byte) code;
            } else {
                if (code >= next) {
                    throw new BadImageException(
                            ImageDefect.UNDECODABLE,
                            "TIFF has the LZW code " + code + " before it is defined");
                }
                // Byte by byte: the last code may reach into what it is writing.
                int end = (int) Math.min(wanted, (long) written + lengths[code]);
                for (int read = starts[code]; written < end; read++) {
                    target[written++] = target[read];
                }
            }
            previous = code;
        }
        return written;
    }

    /** The next code, or -1 at the end of the data. */
    private int code(int bits) {
        while (buffered < bits) {
            if (at == to) {
                return -1;
            }
            buffer = buffer << 8 | source[at++] & 0xFF;
            buffered += 8;
        }
        buffered -= bits;
        return buffer >>> buffered & ((1 << bits) - 1);
    }
}
