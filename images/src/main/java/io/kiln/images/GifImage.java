package io.kiln.images;

/**
 * A GIF with its first frame (GIF89a specification). As Pillow has it, the image is as large as the
 * screen, or larger where the frame reaches beyond it; what the frame leaves free has the
 * transparent colour, or the first of the palette.
 *
 * @param frame where it lies on the screen
 * @param dataAt where its compressed data begin
 * @param palette colours by index, 0xRRGGBB
 * @param background index of what the frame leaves free
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record GifImage(
        int width,
        int height,
        Crop frame,
        boolean interlaced,
        int dataAt,
        int[] palette,
        int background,
        Bytes in)
        implements EncodedImage {
    private static final int SCREEN_END = 13;
    private static final int EXTENSION = 0x21;
    private static final int GRAPHIC_CONTROL = 0xF9;
    private static final int FRAME = 0x2C;
    private static final int FRAME_BYTES = 10;
    private static final int INTERLACED = 0x40;
    private static final int COLOURS = 256;

    /** First row and step of the four passes. */
    private static final int[][] PASSES = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};

    @Override
    public String format() {
        return "GIF";
    }

    @Override
    public void requireEnoughData() throws BadImageException {
        long announced = (long) frame.width() * frame.height();
        long pixels = GifData.pixels(in, dataAt, announced);
        if (pixels < announced) {
            throw new BadImageException(
                    ImageDefect.TRUNCATED, describe() + " holds only " + pixels + " pixels");
        }
    }

    @Override
    public Bitmap decode(ImageReaders readers) throws BadImageException {
        byte[] indexes = new byte[frame.width() * frame.height()];
        GifData.decompress(in, dataAt, indexes);
        byte[] rgb = new byte[Math.multiplyExact(width * Bitmap.RGB, height)];
        if (frame.width() < width || frame.height() < height) {
            for (int to = 0; to < rgb.length; to += Bitmap.RGB) {
                paint(background, rgb, to);
            }
        }
        int[] rows = rows();
        for (int row = 0; row < rows.length; row++) {
            int to = ((frame.top() + rows[row]) * width + frame.left()) * Bitmap.RGB;
            for (int i = row * frame.width(); i < (row + 1) * frame.width(); i++) {
                paint(indexes[i] & 0xFF, rgb, to);
                to += Bitmap.RGB;
            }
        }
        return Bitmap.rgb(height, width, rgb);
    }

    private void paint(int index, byte[] rgb, int to) {
        rgb[to] = (byte) (palette[index] >> 16);
        rgb[to + 1] = (byte) (palette[index] >> 8);
        rgb[to + 2] = (byte) palette[index];
    }

    /** The row of the frame that each stored row is. */
    private int[] rows() {
        int[] rows = new int[frame.height()];
        if (!interlaced) {
            for (int row = 0; row < rows.length; row++) {
                rows[row] = row;
            }
            return rows;
        }
        int stored = 0;
        for (int[] pass : PASSES) {
            for (int row = pass[0]; row < rows.length; row += pass[1]) {
                rows[stored++] = row;
            }
        }
        return rows;
    }

    static GifImage parse(byte[] bytes) throws BadImageException {
        Bytes in = new Bytes("GIF", bytes);
        int at = SCREEN_END + paletteBytes(in.u8(10));
        int background = 0;
        while (in.u8(at) == EXTENSION) {
            if (in.u8(at + 1) == GRAPHIC_CONTROL && (in.u8(at + 3) & 1) != 0) {
                background = in.u8(at + 6);
            }
            at = endOfBlocks(in, at + 2);
        }
        if (in.u8(at) != FRAME) {
            throw bad("no frame, but block " + in.u8(at) + " at " + at);
        }
        int frameWidth = in.u16le(at + 5);
        int frameHeight = in.u16le(at + 7);
        if (frameWidth == 0 || frameHeight == 0) {
            throw bad("a frame of " + frameWidth + " x " + frameHeight + " pixels");
        }
        Crop frame = new Crop(in.u16le(at + 3), in.u16le(at + 1), frameHeight, frameWidth);
        int flags = in.u8(at + 9);
        int localPalette = paletteBytes(flags);
        int[] palette =
                localPalette > 0
                        ? palette(in, at + FRAME_BYTES, localPalette)
                        : palette(in, SCREEN_END, paletteBytes(in.u8(10)));
        return new GifImage(
                Math.max(in.u16le(6), frame.left() + frameWidth),
                Math.max(in.u16le(8), frame.top() + frameHeight),
                frame,
                (flags & INTERLACED) != 0,
                at + FRAME_BYTES + localPalette,
                palette,
                background,
                in);
    }

    /** Grey by index where the palette has no colour, as Pillow has it. */
    private static int[] palette(Bytes in, int at, int bytes) throws BadImageException {
        int[] palette = new int[COLOURS];
        for (int i = 0; i < COLOURS; i++) {
            int from = at + 3 * i;
            palette[i] =
                    3 * i < bytes
                            ? in.u8(from) << 16 | in.u8(from + 1) << 8 | in.u8(from + 2)
                            : i << 16 | i << 8 | i;
        }
        return palette;
    }

    private static int paletteBytes(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }

    private static int endOfBlocks(Bytes in, int from) throws BadImageException {
        int at = from;
        for (int length = in.u8(at); length != 0; length = in.u8(at)) {
            at += 1 + length;
        }
        return at + 1;
    }

    private static BadImageException bad(String what) {
        return new BadImageException(ImageDefect.UNDECODABLE, "GIF has " + what);
    }
}
