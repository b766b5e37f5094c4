package io.kiln.images;

import java.awt.image.Raster;

/**
 * From four inks to red, green and blue as Pillow does it (Convert.c, cmyk2rgb): white paper less
 * black, of which each ink takes its share. Colour profiles of printing are ignored.
 */
final class CmykToRgb {
    private CmykToRgb() {}

    /**
     * @param raster components as they are stored, [height, width, 4]
     */
    static Bitmap convert(Raster raster, JpegColour colour) throws BadImageException {
        if (raster.getNumBands() != 4) {
            throw new BadImageException(
                    ImageDefect.UNDECODABLE,
                    "JPEG of four inks was decoded to " + raster.getNumBands() + " bands");
        }
        int width = raster.getWidth();
        byte[] rgb = new byte[Math.multiplyExact(width * 3, raster.getHeight())];
        int[] row = new int[width * 4];
        int to = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(0, y, width, 1, row);
            if (colour == JpegColour.YCCK) {
                chromaToInks(row);
            }
            for (int at = 0; at < row.length; at += 4) {
                paint(row[at], row[at + 1], row[at + 2], row[at + 3], rgb, to);
                to += 3;
            }
        }
        return Bitmap.rgb(raster.getHeight(), width, rgb);
    }

    /** One pixel, of inks as JPEGs of Adobe's have them: 255 is none. */
    static void paint(int cyan, int magenta, int yellow, int black, byte[] rgb, int to) {
        rgb[to] = share(cyan, black);
        rgb[to + 1] = share(magenta, black);
        rgb[to + 2] = share(yellow, black);
    }

    private static byte share(int ink, int paper) {
        return (byte) Math.max(0, paper - dividedBy255((255 - ink) * paper));
    }

    /** libjpeg's ycck_cmyk_convert (jdcolor.c), 16 bits of fraction; black stays. */
    private static void chromaToInks(int[] row) {
        for (int at = 0; at < row.length; at += 4) {
            int y = row[at];
            int cb = row[at + 1] - 128;
            int cr = row[at + 2] - 128;
            row[at] = clip(255 - (y + ((91881 * cr + 32768) >> 16)));
            row[at + 1] = clip(255 - (y + ((-22554 * cb - 46802 * cr + 32768) >> 16)));
            row[at + 2] = clip(255 - (y + ((116130 * cb + 32768) >> 16)));
        }
    }

    private static int clip(int value) {
        return Math.max(0, Math.min(255, value));
    }

    private static int dividedBy255(int product) {
        int rounded = product + 128;
        return ((rounded >> 8) + rounded) >> 8;
    }
}
