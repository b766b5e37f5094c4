package io.kiln.images;

/** What the samples of a TIFF mean (TIFF 6.0, PhotometricInterpretation). */
enum TiffColour {
    WHITE_IS_ZERO(0, 1),
    BLACK_IS_ZERO(1, 1),
    RGB(2, 3),
    PALETTE(3, 1),
    INKS(5, 4);

    private final int code;
    private final int samples;

    TiffColour(int code, int samples) {
        this.code = code;
        this.samples = samples;
    }

    /** As it is stored. */
    int code() {
        return code;
    }

    /** Samples that the colour itself takes. */
    int samples() {
        return samples;
    }

    /** Whether samples are values that keep as many bits as they have. */
    boolean isGreyOrRgb() {
        return isPlain() || this == WHITE_IS_ZERO;
    }

    /** Whether samples are values as they stand, which can be channels of their own. */
    boolean isPlain() {
        return this == RGB || this == BLACK_IS_ZERO;
    }

    /**
     * @throws BadImageException UNSUPPORTED if it is none of these, or too few samples are there
     */
    static TiffColour of(int code, int samples, int bits) throws BadImageException {
        for (TiffColour colour : values()) {
            if (colour.code == code) {
                if (samples < colour.samples || colour == PALETTE && bits > 8) {
                    throw TiffParser.bad(
                            ImageDefect.UNDECODABLE,
                            "has %d samples a pixel of %d bits, called %s"
                                    .formatted(samples, bits, colour));
                }
                return colour;
            }
        }
        throw TiffParser.bad(
                ImageDefect.UNSUPPORTED,
                "has the photometric interpretation "
                        + code
                        + "; grey (0, 1), RGB (2), palette (3) and CMYK (5) are supported");
    }
}
