package io.kiln.images;

import java.awt.image.Raster;

/**
 * A TIFF whose first directory has been read.
 *
 * @param largestPart pixels of what is decoded at once, the image itself or a tile
 * @param samples a pixel that are decoded
 * @param bits of each sample: 8 or 16, of one sample also 1, 2 and 4
 * @param palette colours by index, 0xRRGGBB, if there is one
 * @param planes TIFFs with one directory: all that pixels need, of all samples or a sample each
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record TiffImage(
        int width,
        int height,
        long largestPart,
        int samples,
        int bits,
        TiffColour colour,
        int[] palette,
        long dataBytes,
        long leastDataBytes,
        byte[][] planes)
        implements EncodedImage {
    static boolean isPossible(int bits, int samples) {
        return bits == 8 || bits == 16 || samples == 1 && (bits == 1 || bits == 2 || bits == 4);
    }

    @Override
    public String format() {
        return "TIFF";
    }

    @Override
    public long decodedPixels() {
        return Math.min(largestPart, Integer.MAX_VALUE) * ((samples * bits + 63) / 64);
    }

    @Override
    public void requireEnoughData() throws BadImageException {
        requireDataBytes(dataBytes, leastDataBytes);
    }

    @Override
    public Bitmap decode(ImageReaders readers) throws BadImageException {
        byte[] rgb = new byte[Math.multiplyExact(width * 3, height)];
        decode(readers, (row, y) -> convert(row, rgb, y * width * 3));
        return Bitmap.rgb(height, width, rgb);
    }

    @Override
    public Bitmap decodeSamples(ImageReaders readers, int channels) throws BadImageException {
        boolean plain = colour == TiffColour.RGB || colour == TiffColour.BLACK_IS_ZERO;
        if (samples != channels || !plain) {
            throw TiffParser.bad(
                    ImageDefect.UNSUPPORTED,
                    "has %d samples a pixel (%s); expected input.channels = %d of them, as RGB or BLACK_IS_ZERO with extra samples"
                            .formatted(samples, colour, channels));
        }
        byte[] all = new byte[Math.multiplyExact(width * samples, height)];
        decode(
                readers,
                (row, y) -> {
                    for (int i = 0; i < row.length; i++) {
                        all[y * row.length + i] = eightBits(row[i]);
                    }
                });
        return new Bitmap(height, width, samples, all);
    }

    /** Takes a row of samples, [width, samples]. */
    private interface Rows {
        void take(int[] row, int y);
    }

    private void decode(ImageReaders readers, Rows rows) throws BadImageException {
        Raster[] rasters = new Raster[planes.length];
        for (int plane = 0; plane < planes.length; plane++) {
            rasters[plane] = raster(readers, planes[plane]);
        }
        int[] row = new int[width * samples];
        for (int y = 0; y < height; y++) {
            if (rasters.length == 1) {
                rasters[0].getPixels(0, y, width, 1, row);
            } else {
                interleave(rasters, y, row);
            }
            rows.take(row, y);
        }
    }

    private Raster raster(ImageReaders readers, byte[] plane) throws BadImageException {
        Raster raster = readers.read(ImageReaders.Codec.TIFF, plane).getRaster();
        if (raster.getNumBands() * planes.length != samples
                || raster.getWidth() != width
                || raster.getHeight() != height) {
            throw TiffParser.bad(
                    ImageDefect.UNDECODABLE,
                    "of %d x %d pixels of %d samples was decoded to %d x %d of %d"
                            .formatted(
                                    width,
                                    height,
                                    samples / planes.length,
                                    raster.getWidth(),
                                    raster.getHeight(),
                                    raster.getNumBands()));
        }
        return raster;
    }

    private static void interleave(Raster[] rasters, int y, int[] row) {
        for (int plane = 0; plane < rasters.length; plane++) {
            for (int x = 0, to = plane; to < row.length; x++, to += rasters.length) {
                row[to] = rasters[plane].getSample(x, y, 0);
            }
        }
    }

    private void convert(int[] row, byte[] rgb, int to) {
        for (int at = 0; at < row.length; at += samples, to += 3) {
            switch (colour) {
                case RGB -> {
                    rgb[to] = eightBits(row[at]);
                    rgb[to + 1] = eightBits(row[at + 1]);
                    rgb[to + 2] = eightBits(row[at + 2]);
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
                case BLACK_IS_ZERO -> fill(rgb, to, eightBits(row[at]));
                case WHITE_IS_ZERO -> fill(rgb, to, (byte) ~eightBits(row[at]));
            }
        }
    }

    private static void fill(byte[] rgb, int to, byte grey) {
        rgb[to] = grey;
        rgb[to + 1] = grey;
        rgb[to + 2] = grey;
    }

    private byte eightBits(int value) {
        return RasterToRgb.eightBits(value, bits);
    }
}
