package io.kiln.masking;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;

/**
 * Whatever a decoder returns as RGB: grey is repeated, alpha dropped, 16 bits cut to the upper 8,
 * as Pillow converts.
 */
final class PictureConversion {
    private PictureConversion() {}

    static Picture toRgb(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] rgb = new byte[width * height * Picture.CHANNELS];
        if (image.getType() == BufferedImage.TYPE_3BYTE_BGR) {
            fromBgr(((DataBufferByte) image.getRaster().getDataBuffer()).getData(), rgb);
        } else if (hasPlainComponents(image.getColorModel())) {
            fromComponents(image.getRaster(), rgb);
        } else {
            fromPacked(image, rgb);
        }
        return new Picture(width, height, rgb);
    }

    private static void fromBgr(byte[] bgr, byte[] rgb) {
        for (int i = 0; i < rgb.length; i += Picture.CHANNELS) {
            rgb[i] = bgr[i + 2];
            rgb[i + 1] = bgr[i + 1];
            rgb[i + 2] = bgr[i];
        }
    }

    /**
     * Grey or RGB components, with or without alpha behind them, that need no colour conversion.
     */
    private static boolean hasPlainComponents(ColorModel model) {
        int type = model.getColorSpace().getType();
        boolean integers =
                model.getTransferType() == DataBuffer.TYPE_BYTE
                        || model.getTransferType() == DataBuffer.TYPE_USHORT;
        boolean plain =
                type == ColorSpace.TYPE_GRAY
                        || (type == ColorSpace.TYPE_RGB && model.getColorSpace().isCS_sRGB());
        return model instanceof ComponentColorModel
                && integers
                && plain
                && !model.isAlphaPremultiplied();
    }

    private static void fromComponents(Raster raster, byte[] rgb) {
        int width = raster.getWidth();
        int bands = raster.getNumBands();
        boolean grey = bands < Picture.CHANNELS;
        int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
        int[] line = new int[width * bands];
        int at = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, line);
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < Picture.CHANNELS; c++) {
                    rgb[at++] = (byte) (line[x * bands + (grey ? 0 : c)] >> shift);
                }
            }
        }
    }

    private static void fromPacked(BufferedImage image, byte[] rgb) {
        int width = image.getWidth();
        int[] line = new int[width];
        int at = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, width, 1, line, 0, width);
            for (int argb : line) {
                rgb[at++] = (byte) (argb >> 16);
                rgb[at++] = (byte) (argb >> 8);
                rgb[at++] = (byte) argb;
            }
        }
    }
}
