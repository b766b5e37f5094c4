package io.kiln.images;

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
