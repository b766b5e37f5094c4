package io.kiln.images;

import java.util.Arrays;

/**
 * A TIFF whose first directory has been read.
 *
 * @param layout of its samples
 * @param colour what the samples mean
 * @param palette colours by index, 0xRRGGBB, if there is one
 * @param data all samples that are decoded
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record TiffImage(
        TiffLayout layout,
        TiffColour colour,
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

    /** Of the image or a tile, whatever is larger; a row of tiles is held at once. */
    @Override
    public long decodedPixels() {
        long pixels =
                Math.max(
                        (long) width() * height(), (long) layout.partWidth() * layout.partHeight());
        return Math.min(pixels, Integer.MAX_VALUE)
                * ((layout.pixelSamples() * layout.bits() + 63) / 64);
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
        int bytes = colour.isGreyOrRgb() ? layout.sampleBytes() : 1;
        byte[] rgb = new byte[Math.multiplyExact(width() * Bitmap.RGB, height() * bytes)];
        data.read((row, y) -> convert(row, rgb, y * width() * Bitmap.RGB));
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
                (row, y) -> {
                    for (int i = 0; i < row.length; i++) {
                        put(row[i], all, y * row.length + i);
                    }
                });
        return new Bitmap(height(), width(), samples, bytes, all);
    }

    private void convert(int[] row, byte[] rgb, int first) {
        int samples = layout.pixelSamples();
        int to = first;
        for (int at = 0; at < row.length; at += samples, to += Bitmap.RGB) {
            switch (colour) {
                case RGB -> {
                    put(row[at], rgb, to);
                    put(row[at + 1], rgb, to + 1);
                    put(row[at + 2], rgb, to + 2);
                }
                case INKS ->
                        CmykToRgb.paint(
                                ~eightBits(row[at]) & 0xFF,
                                ~eightBits(row[at + 1]) & 0xFF,
                                ~eightBits(row[at + 2]) & 0xFF,
                                ~eightBits(row[at + 3]) & 0xFF,
                                rgb,
                                to);
                case PALETTE -> {
                    int found = palette[row[at]];
                    rgb[to] = (byte) (found >> 16);
                    rgb[to + 1] = (byte) (found >> 8);
                    rgb[to + 2] = (byte) found;
                }
                case BLACK_IS_ZERO -> fill(rgb, to, row[at]);
                case WHITE_IS_ZERO -> fillInverted(rgb, to, row[at]);
            }
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
