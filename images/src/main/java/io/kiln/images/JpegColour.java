package io.kiln.images;

/**
 * What the components of a JPEG mean. The rules are those of libjpeg (jdapimin.c,
 * default_decompress_parms), because they are what the world's images were tested with.
 */
enum JpegColour {
    GREY,
    RGB,
    YCC,
    /**
     * Cyan, magenta, yellow, black; 0 is full ink, as Adobe writes it and Pillow takes all such
     * images to be written.
     */
    CMYK,
    /** Luma and chroma that stand for the inks, and black; Adobe's. */
    YCCK;

    /** Adobe's APP14 segment is absent. */
    static final int NO_ADOBE = -1;

    /**
     * @param components number of components and their identifiers
     * @param adobe the transform that APP14 names, or {@link #NO_ADOBE}
     */
    static JpegColour of(int[] components, boolean jfif, int adobe) throws BadImageException {
        return switch (components.length) {
            case 1 -> GREY;
            case 3 -> three(components, jfif, adobe);
            case 4 -> adobe == NO_ADOBE || adobe == 0 ? CMYK : YCCK;
            default ->
                    throw new BadImageException(
                            ImageDefect.UNSUPPORTED,
                            "JPEG of "
                                    + components.length
                                    + " components; 1, 3 and 4 are supported");
        };
    }

    private static JpegColour three(int[] components, boolean jfif, int adobe) {
        if (jfif) {
            return YCC;
        }
        if (adobe != NO_ADOBE) {
            return adobe == 0 ? RGB : YCC;
        }
        boolean named = components[0] == 'R' && components[1] == 'G' && components[2] == 'B';
        return named ? RGB : YCC;
    }

    /**
     * The marker that makes the decoder see the same: JFIF for luma and chroma, Adobe's with
     * transform 0 for RGB, none where components are taken as they are.
     */
    void mark(ByteRanges segments) {
        if (this == YCC) {
            segments.add(0xFF, 0xE0, 0, 16).addAscii("JFIF\0").add(1, 1, 0, 0, 1, 0, 1, 0, 0);
        } else if (this == RGB) {
            segments.add(0xFF, 0xEE, 0, 14).addAscii("Adobe").add(0, 100, 0, 0, 0, 0, 0);
        }
    }
}
