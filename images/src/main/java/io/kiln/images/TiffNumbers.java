package io.kiln.images;

/** How a TIFF stores a value (TIFF 6.0, section 19, SampleFormat). */
enum TiffNumbers {
    UNSIGNED,
    SIGNED,
    FLOAT;

    /**
     * @param bits of a sample
     * @throws BadImageException UNSUPPORTED if it is none of these, or has other bits than they
     */
    static TiffNumbers of(int code, int bits) throws BadImageException {
        TiffNumbers numbers =
                switch (code) {
                    case 1, 4 -> UNSIGNED; // 4 is undefined: libtiff takes it as unsigned
                    case 2 -> SIGNED;
                    case 3 -> FLOAT;
                    default ->
                            throw TiffParser.bad(
                                    ImageDefect.UNSUPPORTED,
                                    "has samples of format "
                                            + code
                                            + "; unsigned (1), signed (2) and floating-point (3)"
                                            + " numbers are supported");
                };
        boolean good =
                switch (numbers) {
                    case UNSIGNED -> bits >= 1 && bits <= 16 || bits == 32;
                    case SIGNED -> bits == 8 || bits == 16 || bits == 32;
                    case FLOAT -> bits == 16 || bits == 32 || bits == 64;
                };
        if (!good) {
            throw TiffParser.bad(
                    ImageDefect.UNSUPPORTED,
                    "has %s samples of %d bits; unsigned ones of 1 to 16 and 32, signed ones of 8, 16 and 32, and floating-point ones of 16, 32 and 64 are supported"
                            .formatted(numbers, bits));
        }
        return numbers;
    }

    /** Whether float32 carries a sample of so many bits; else an unsigned number does. */
    boolean isCarriedAsFloat(int bits) {
        return this != UNSIGNED || bits > 16;
    }
}
