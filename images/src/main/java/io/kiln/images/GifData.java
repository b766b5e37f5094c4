package io.kiln.images;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The compressed data of a GIF's frame (GIF89a, appendix F): counted before anything is allocated,
 * then decompressed.
 */
final class GifData {
    private static final int MAX_BITS = 12;

    private final Bytes in;
    private final byte @Nullable [] target;
    private int at;
    private int blockEnd;
    private int buffer;
    private int buffered;

    private GifData(Bytes in, int firstBlock, byte @Nullable [] target) {
        this.in = in;
        this.target = target;
        this.at = firstBlock;
        this.blockEnd = firstBlock;
    }

    /**
     * Counts pixels up to a limit.
     *
     * @param start where the minimum code size is, followed by data blocks
     * @return pixels the codes stand for; not counted beyond the limit
     * @throws BadImageException TRUNCATED if the file ends in them, UNDECODABLE
     */
    static long pixels(Bytes in, int start, long limit) throws BadImageException {
        return new GifData(in, start + 1, null).read(codeSize(in, start), limit);
    }

    /** Decompresses as many pixels as there is room for: indexes into the palette. */
    static void decompress(Bytes in, int start, byte[] indexes) throws BadImageException {
        new GifData(in, start + 1, indexes).read(codeSize(in, start), indexes.length);
    }

    private static int codeSize(Bytes in, int start) throws BadImageException {
        int size = in.u8(start);
        if (size < 1 || size > 8) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE, "GIF has codes of " + size + " bits; expected 1 to 8");
        }
        return size;
    }

    private long read(int size, long limit) throws BadImageException {
        int clear = 1 << size;
        int end = clear + 1;
        int[] lengths = new int[1 << MAX_BITS];
        long[] starts = new long[1 << MAX_BITS];
        Arrays.fill(lengths, 0, clear, 1);
        int bits = size + 1;
        int next = end + 1;
        int previous = clear;
        long previousStart = 0;
        long pixels = 0;
        for (int code = code(bits); code >= 0 && code != end; code = code(bits)) {
            if (code == clear) {
                bits = size + 1;
                next = end + 1;
            } else {
                if (previous != clear && next < lengths.length) {
                    starts[next] = previousStart;
                    lengths[next++] = lengths[previous] + 1;
                    bits = next == 1 << bits && bits < MAX_BITS ? bits + 1 : bits;
                }
                if (code > end && code >= next) {
                    throw new BadImageException(
                            ImageDefect.UNDECODABLE,
                            "GIF has code " + code + " before it is defined");
                }
                previousStart = pixels;
                pixels = Math.min(limit, pixels + lengths[code]);
                write(code < clear ? code : -1, starts[code], previousStart, pixels);
                if (pixels == limit) {
                    return pixels;
                }
            }
            previous = code;
        }
        return pixels;
    }

    /**
     * A code stands for one index, or for indexes that the target holds already: those of an
     * earlier code and one more, which may be the first that it writes itself.
     */
    private void write(int index, long start, long from, long to) {
        byte[] indexes = target;
        if (indexes == null) {
            return;
        }
        int read = (int) start;
        for (int write = (int) from; write < to; write++) {
            indexes[write] = index >= 0 ? (byte) index : indexes[read++];
        }
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
