package io.kiln.images;

import java.util.Arrays;

/**
 * Counts the pixels in the compressed data of a GIF's frame without making them (GIF89a, appendix
 * F), because decoders take a frame that ends early for a complete one.
 */
final class GifData {
    private static final int MAX_BITS = 12;

    private final Bytes in;
    private int at;
    private int blockEnd;
    private int buffer;
    private int buffered;

    private GifData(Bytes in, int firstBlock) {
        this.in = in;
        this.at = firstBlock;
        this.blockEnd = firstBlock;
    }

    /**
     * Counts pixels up to a limit.
     *
     * @param start where the minimum code size is, followed by data blocks that are known to be
     *     complete
     * @return pixels the codes stand for; not counted beyond the limit
     */
    static long pixels(Bytes in, int start, long limit) throws BadImageException {
        int size = in.u8(start);
        if (size < 1 || size > 8) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE, "GIF has codes of " + size + " bits; expected 1 to 8");
        }
        return new GifData(in, start + 1).count(size, limit);
    }

    private long count(int size, long limit) throws BadImageException {
        int clear = 1 << size;
        int end = clear + 1;
        int[] lengths = new int[1 << MAX_BITS];
        Arrays.fill(lengths, 0, clear, 1);
        int bits = size + 1;
        int next = end + 1;
        int previous = clear;
        long pixels = 0;
        for (int code = code(bits); code >= 0 && code != end && pixels < limit; code = code(bits)) {
            if (code == clear) {
                bits = size + 1;
                next = end + 1;
            } else if (previous == clear) {
                pixels += lengthOfFirst(code, clear);
            } else {
                if (code > next || (code == next && next == lengths.length)) {
                    throw new BadImageException(
                            ImageDefect.UNDECODABLE,
                            "GIF has code " + code + " before it is defined");
                }
                if (next < lengths.length) {
                    lengths[next++] = lengths[previous] + 1;
                    bits = next == 1 << bits && bits < MAX_BITS ? bits + 1 : bits;
                }
                pixels += lengths[code];
            }
            previous = code;
        }
        return pixels;
    }

    private static int lengthOfFirst(int code, int clear) throws BadImageException {
        if (code > clear) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE, "GIF has code " + code + " before it is defined");
        }
        return 1;
    }

    /** The next code, or -1 at the end of the last block. */
    private int code(int bits) throws BadImageException {
        while (buffered < bits) {
            if (at == blockEnd) {
                blockEnd = at + 1 + in.u8(at);
                at++;
                if (at == blockEnd) {
                    return -1;
                }
            }
            buffer |= in.u8(at++) << buffered;
            buffered += 8;
        }
        int code = buffer & ((1 << bits) - 1);
        buffer >>>= bits;
        buffered -= bits;
        return code;
    }
}
