package io.kiln.images;

/** IHDR of a PNG (PNG specification, 11.2.1). */
record PngHeader(int width, int height, int bits, int colourType, boolean interlaced) {
    static final int PALETTE = 3;

    /**
     * @param at the first byte of the chunk's content
     */
    static PngHeader read(Bytes in, int at) throws BadImageException {
        PngHeader header =
                new PngHeader(
                        in.i32be(at),
                        in.i32be(at + 4),
                        in.u8(at + 8),
                        in.u8(at + 9),
                        in.u8(at + 12) != 0);
        if (header.width < 1 || header.height < 1) {
            throw bad("says it has " + header.width + " x " + header.height + " pixels");
        }
        if (header.samples() == 0) {
            throw bad("has the unknown colour type " + header.colourType);
        }
        return header;
    }

    private static BadImageException bad(String what) {
        return new BadImageException(ImageDefect.UNDECODABLE, "PNG " + what);
    }

    int samples() {
        return switch (colourType) {
            case 0, PALETTE -> 1;
            case 2 -> 3;
            case 4 -> 2;
            case 6 -> 4;
            default -> 0;
        };
    }

    long rowBytes() {
        return ((long) width * samples() * bits + 7) / 8;
    }

    /** At least what the data inflate to: interlaced rows have more filter bytes and padding. */
    long rawBytes() {
        return (rowBytes() + 1) * height + (interlaced ? 8L * (height + 7) + width : 0);
    }
}
