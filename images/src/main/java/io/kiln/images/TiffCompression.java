package io.kiln.images;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** How the data of a TIFF are packed (TIFF 6.0, Compression; 8 is of Technical Note 2). */
enum TiffCompression {
    NONE(1, 1),
    /** A string of 3,838 bytes for a code of 12 bits. */
    LZW(5, 2600),
    /** 258 bytes for two bits. */
    DEFLATE(8, 1032),
    OLD_DEFLATE(32946, 1032),
    /** 128 bytes for two. */
    PACK_BITS(32773, 64);

    private final int code;
    private final int best;

    TiffCompression(int code, int best) {
        this.code = code;
        this.best = best;
    }

    /** Bytes that a byte can stand for at most. */
    int best() {
        return best;
    }

    /** Whether a predictor counts. */
    boolean isPredicted() {
        return this == LZW || this == DEFLATE || this == OLD_DEFLATE;
    }

    /**
     * Decompresses a strip or tile.
     *
     * @param from first byte of its data in source
     * @param to end of its data
     * @param target filled from its start
     * @param wanted bytes; what the data hold beyond them is left out
     * @return bytes written, fewer than wanted if the data end early
     * @throws BadImageException UNDECODABLE if the data contradict the method
     */
    int decompress(byte[] source, int from, int to, byte[] target, int wanted)
            throws BadImageException {
        return switch (this) {
            case NONE -> {
                int length = Math.min(to - from, wanted);
                System.arraycopy(source, from, target, 0, length);
                yield length;
            }
            case LZW -> TiffLzw.decompress(source, from, to, target, wanted);
            case DEFLATE, OLD_DEFLATE -> inflate(source, from, to, target, wanted);
            case PACK_BITS -> unpackBits(source, from, to, target, wanted);
        };
    }

    private static int inflate(byte[] source, int from, int to, byte[] target, int wanted)
            throws BadImageException {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(source, from, to - from);
            int written = 0;
            while (written < wanted) {
                int count = inflater.inflate(target, written, wanted - written);
                if (count == 0) {
                    break; // finished, or more input is needed than there is
                }
                written += count;
            }
            return written;
        } catch (DataFormatException e) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE, "TIFF cannot be inflated: " + e.getMessage(), e);
        } finally {
            inflater.end();
        }
    }

    /** TIFF 6.0, section 9. */
    private static int unpackBits(byte[] source, int from, int to, byte[] target, int wanted) {
        int at = from;
        int written = 0;
        while (at < to && written < wanted) {
            int code = source[at++];
            if (code >= 0) {
                int length = Math.min(code + 1, Math.min(to - at, wanted - written));
                System.arraycopy(source, at, target, written, length);
                at += length;
                written += length;
            } else if (code != -128 && at < to) {
                int length = Math.min(1 - code, wanted - written);
                Arrays.fill(target, written, written + length, source[at++]);
                written += length;
            }
        }
        return written;
    }

    /**
     * @throws BadImageException UNSUPPORTED if it is none of these
     */
    static TiffCompression of(int code) throws BadImageException {
        for (TiffCompression compression : values()) {
            if (compression.code == code) {
                return compression;
            }
        }
        throw TiffParser.bad(
                ImageDefect.UNSUPPORTED,
                "is compressed by method "
                        + code
                        + "; none (1), LZW (5), deflate (8, 32946) and PackBits (32773) are"
                        + " supported");
    }
}
