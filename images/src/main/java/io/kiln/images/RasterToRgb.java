package io.kiln.images;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferInt;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.awt.image.SinglePixelPackedSampleModel;

/**
 * Takes red, green and blue out of whatever a decoder made, sample by sample: without the colour
 * management of {@code BufferedImage.getRGB}, which would brighten grey, and without transparency.
 */
final class RasterToRgb {
    private RasterToRgb() {}

    static Bitmap convert(BufferedImage image) {
        Raster raster = image.getRaster();
        ColorModel colours = image.getColorModel();
        if (raster.getSampleModel().getSampleSize(0) == 16) {
            return fromWideSamples(raster);
        }
        byte[] rgb = new byte[Math.multiplyExact(image.getWidth() * 3, image.getHeight())];
        if (colours instanceof IndexColorModel palette) {
            fromPalette(raster, palette, rgb);
        } else if (raster.getSampleModel() instanceof PixelInterleavedSampleModel samples
                && raster.getDataBuffer() instanceof DataBufferByte data
                && data.getNumBanks() == 1
                && raster.getSampleModelTranslateX() == 0
                && raster.getSampleModelTranslateY() == 0) {
            fromBytes(raster, samples, data, rgb);
        } else if (raster.getDataBuffer() instanceof DataBufferInt data
                && raster.getSampleModel() instanceof SinglePixelPackedSampleModel packed
                && isRgb(packed.getBitMasks())
                && data.getSize() == image.getWidth() * image.getHeight()) {
            fromInts(data.getData(), rgb);
        } else {
            fromSamples(raster, rgb);
        }
        return Bitmap.rgb(image.getHeight(), image.getWidth(), rgb);
    }

    private static void fromBytes(
            Raster raster, PixelInterleavedSampleModel samples, DataBufferByte data, byte[] rgb) {
        byte[] source = data.getData();
        int[] offsets = samples.getBandOffsets();
        boolean grey = offsets.length < 3;
        int red = data.getOffset() + offsets[0];
        int green = data.getOffset() + offsets[grey ? 0 : 1];
        int blue = data.getOffset() + offsets[grey ? 0 : 2];
        int pixelStride = samples.getPixelStride();
        int to = 0;
        for (int row = 0; row < raster.getHeight(); row++) {
            int from = row * samples.getScanlineStride();
            for (int column = 0; column < raster.getWidth(); column++) {
                rgb[to] = source[from + red];
                rgb[to + 1] = source[from + green];
                rgb[to + 2] = source[from + blue];
                to += 3;
                from += pixelStride;
            }
        }
    }

    private static boolean isRgb(int[] masks) {
        return masks[0] == 0xFF0000 && masks[1] == 0xFF00 && masks[2] == 0xFF;
    }

    /** Pixels of 0xAARRGGBB. */
    private static void fromInts(int[] pixels, byte[] rgb) {
        int to = 0;
        for (int pixel : pixels) {
            rgb[to] = (byte) (pixel >> 16);
            rgb[to + 1] = (byte) (pixel >> 8);
            rgb[to + 2] = (byte) pixel;
            to += 3;
        }
    }

    private static void fromPalette(Raster raster, IndexColorModel palette, byte[] rgb) {
        int[] colours = new int[palette.getMapSize()];
        palette.getRGBs(colours);
        int[] indexes = new int[raster.getWidth()];
        int to = 0;
        for (int row = 0; row < raster.getHeight(); row++) {
            raster.getSamples(0, row, raster.getWidth(), 1, 0, indexes);
            for (int index : indexes) {
                int colour = index < colours.length ? colours[index] : 0;
                rgb[to++] = (byte) (colour >> 16);
                rgb[to++] = (byte) (colour >> 8);
                rgb[to++] = (byte) colour;
            }
        }
    }

    private static void fromSamples(Raster raster, byte[] rgb) {
        int bands = raster.getNumBands();
        int green = bands < 3 ? 0 : 1;
        int blue = bands < 3 ? 0 : 2;
        int bits = raster.getSampleModel().getSampleSize(0);
        int[] row = new int[raster.getWidth() * bands];
        int to = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(0, y, raster.getWidth(), 1, row);
            for (int at = 0; at < row.length; at += bands) {
                rgb[to++] = eightBits(row[at], bits);
                rgb[to++] =
                        eightBits(row[at + green], raster.getSampleModel().getSampleSize(green));
                rgb[to++] = eightBits(row[at + blue], raster.getSampleModel().getSampleSize(blue));
            }
        }
    }

    private static Bitmap fromWideSamples(Raster raster) {
        int bands = raster.getNumBands();
        int green = bands < 3 ? 0 : 1;
        int blue = bands < 3 ? 0 : 2;
        int[] row = new int[raster.getWidth() * bands];
        byte[] rgb = new byte[Math.multiplyExact(raster.getWidth() * 6, raster.getHeight())];
        int to = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(0, y, raster.getWidth(), 1, row);
            for (int at = 0; at < row.length; at += bands, to += 6) {
                Bitmap.putUint16(rgb, to, row[at]);
                Bitmap.putUint16(rgb, to + 2, row[at + green]);
                Bitmap.putUint16(rgb, to + 4, row[at + blue]);
            }
        }
        return new Bitmap(raster.getHeight(), raster.getWidth(), Bitmap.RGB, 2, rgb);
    }

    /** The upper 8 of more bits; fewer are spread over the whole range, none at all are 0. */
    static byte eightBits(int value, int bits) {
        if (bits == 0) {
            return 0;
        }
        return (byte) (bits >= 8 ? value >>> (bits - 8) : value * 255 / ((1 << bits) - 1));
    }
}
