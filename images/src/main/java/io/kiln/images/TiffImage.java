package io.kiln.images;

import java.util.Arrays;

/**
 * A TIFF whose first directory has been read.
 *
 * @param layout of its samples
 * @param colour what the samples mean
 * @param multiplied whether red, green and blue are multiplied by the alpha that follows them
 * @param palette colours by index, 0xRRGGBB, if there is one
 * @param data all samples that are decoded
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record TiffImage(
        TiffLayout layout,
        TiffColour colour,
        boolean multiplied,
        int[] palette,
        Orientation orientation,
        long dataBytes,
        long leastDataBytes,
        TiffData data)
        implements EncodedImage {
    @Override
    public String format() {
        return "TIFF";
    }

    @Override
    public int width() {
        return layout.width();
    }

    @Override
    public int height() {
        return layout.height();
    }

    /** What the image becomes, and a strip or tile; its pixels count as if they took 8 bytes. */
    @Override
    public long decodedBytes(int samples) {
        long image = (long) width() * height() * samples * keptBytes();
        long partPixels = (long) layout.partWidth() * layout.partHeight();
        return Math.max(
                Math.min(partPixels, Integer.MAX_VALUE) * DecodeLimits.PIXEL_BYTES,
                image + TiffData.heldBytes(layout));
    }

    /** Bytes of a sample of the decoded image. */
    private int keptBytes() {
        return colour.isGreyOrRgb() ? layout.sampleBytes() : 1;
    }

    @Override
    public int valueBits() {
        return !colour.isGreyOrRgb()
                ? 8
                : layout.isCarriedAsFloat() ? 32 : Math.max(8, layout.bits());
    }

    @Override
    public void requireEnoughData() throws BadImageException {
        requireDataBytes(dataBytes, leastDataBytes);
    }

    @Override
    public Bitmap decode(ImageReaders readers) throws BadImageException {
        if (colour.isPlain() && layout.pixelSamples() == Bitmap.RGB) {
            return decodeSamples(readers, Bitmap.RGB);
        }
        int bytes = keptBytes();
        byte[] rgb = new byte[Math.multiplyExact(width() * Bitmap.RGB, height() * bytes)];
        data.read(
                (row, columns, pixel, plane) -> {
                    int samples = layout.samples();
                    for (int i = 0; i < columns * samples; i++) {
                        convert(row[i], plane + i % samples, rgb, (pixel + i / samples) * 3);
                    }
                });
        return new Bitmap(height(), width(), Bitmap.RGB, bytes, rgb);
    }

    @Override
    public Bitmap decodeSamples(ImageReaders readers, int wanted) throws BadImageException {
        int samples = layout.pixelSamples();
        if (samples != wanted || !colour.isPlain()) {
            throw TiffParser.bad(
                    ImageDefect.UNSUPPORTED,
                    "has %d samples a pixel (%s); expected input.channels = %d of them, as RGB or BLACK_IS_ZERO with extra samples"
                            .formatted(samples, colour, wanted));
        }
        int bytes = layout.sampleBytes();
        byte[] all = new byte[Math.multiplyExact(width() * samples, height() * bytes)];
        data.read(
                (row, columns, pixel, plane) -> {
                    int to = pixel * samples + plane;
                    for (int i = 0; i < columns * layout.samples(); i++, to += layout.planes()) {
                        put(row[i], all, to);
                    }
                });
        return new Bitmap(height(), width(), samples, bytes, all);
    }

    /**
     * Takes a sample into its pixel. Samples of a pixel come in their order, so black is the last
     * of its inks.
     */
    private void convert(int value, int sample, byte[] rgb, int to) {
        switch (colour) {
            case RGB -> {
                if (sample < Bitmap.RGB) {
                    put(value, rgb, to + sample);
                } else if (sample == Bitmap.RGB && multiplied) {
                    divide(value, rgb, to);
                }
            }
            case INKS -> ink(eightBits(value), sample, rgb, to);
            default -> {
                if (sample == 0) {
                    grey(value, rgb, to);
                }
            }
        }
    }

    /** As Pillow does it (Unpack.c, unpackRGBa): black where nothing is left of a colour. */
    private void divide(int alpha, byte[] rgb, int to) {
        int most = (1 << layout.bits()) - 1;
        for (int i = to; i < to + Bitmap.RGB; i++) {
            int value = layout.sampleBytes() == 1 ? rgb[i] & 0xFF : Bitmap.uint16(rgb, 2 * i);
            put(alpha == 0 ? 0 : (int) Math.min(most, (long) value * most / alpha), rgb, i);
        }
    }

    private static void ink(byte value, int sample, byte[] rgb, int to) {
        int paper = ~value & 0xFF;
        if (sample < Bitmap.RGB) {
            rgb[to + sample] = (byte) paper;
        } else if (sample == Bitmap.RGB) {
            CmykToRgb.paint(rgb[to] & 0xFF, rgb[to + 1] & 0xFF, rgb[to + 2] & 0xFF, paper, rgb, to);
        }
    }

    /** Of one sample a pixel: grey, or the index of a colour. */
    private void grey(int value, byte[] rgb, int to) {
        switch (colour) {
            case PALETTE -> {
                rgb[to] = (byte) (palette[value] >> 16);
                rgb[to + 1] = (byte) (palette[value] >> 8);
                rgb[to + 2] = (byte) palette[value];
            }
            case WHITE_IS_ZERO -> fillInverted(rgb, to, value);
            default -> fill(rgb, to, value);
        }
    }

    private void fillInverted(byte[] rgb, int to, int grey) {
        if (layout.bits() > 8) {
            fill(rgb, to, (1 << layout.bits()) - 1 - grey);
        } else {
            Arrays.fill(rgb, to, to + Bitmap.RGB, (byte) ~eightBits(grey));
        }
    }

    private void fill(byte[] rgb, int to, int grey) {
        put(grey, rgb, to);
        put(grey, rgb, to + 1);
        put(grey, rgb, to + 2);
    }

    /** Fewer than 8 bits are spread over them; more are kept. */
    private void put(int value, byte[] target, int index) {
        switch (layout.sampleBytes()) {
            case 1 -> target[index] = eightBits(value);
            case 2 -> Bitmap.putUint16(target, 2 * index, value);
            default -> Bitmap.putFloat32(target, 4 * index, Float.intBitsToFloat(value));
        }
    }

    private byte eightBits(int value) {
        return RasterToRgb.eightBits(value, layout.bits());
    }
}
