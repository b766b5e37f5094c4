package io.kiln.images;

/**
 * How an image has to be turned to stand upright: what cameras write into EXIF (Exif 2.32, 4.6.5,
 * tag 0x0112) instead of turning the pixels themselves.
 */
enum Orientation {
    UPRIGHT,
    MIRRORED,
    UPSIDE_DOWN,
    UPSIDE_DOWN_MIRRORED,
    TRANSPOSED,
    TURN_RIGHT,
    TRANSVERSED,
    TURN_LEFT;

    /** An orientation by its number in EXIF and TIFF, 1 to 8; any other is upright. */
    static Orientation ofCode(int code) {
        return code >= 1 && code <= 8 ? values()[code - 1] : UPRIGHT;
    }

    /** The image, turned; the same object where nothing is to be done. */
    Bitmap apply(Bitmap image) {
        if (this == UPRIGHT) {
            return image;
        }
        int pixel = image.pixelBytes();
        boolean swap = ordinal() >= TRANSPOSED.ordinal();
        int height = swap ? image.width() : image.height();
        int width = swap ? image.height() : image.width();
        // Where the first pixel comes from, and how far its neighbours to the right and below are.
        int right = (swap ? image.width() : 1) * pixel;
        int below = (swap ? 1 : image.width()) * pixel;
        int start = 0;
        if (this == UPSIDE_DOWN || this == MIRRORED || this == TRANSVERSED || this == TURN_LEFT) {
            start += (image.width() - 1) * pixel;
            right = swap ? right : -right;
            below = swap ? -below : below;
        }
        if (this == UPSIDE_DOWN
                || this == UPSIDE_DOWN_MIRRORED
                || this == TURN_RIGHT
                || this == TRANSVERSED) {
            start += (image.height() - 1) * image.width() * pixel;
            right = swap ? -right : right;
            below = swap ? below : -below;
        }
        byte[] turned = new byte[image.samples().length];
        int to = 0;
        for (int row = 0; row < height; row++) {
            int from = start + row * below;
            for (int column = 0; column < width; column++, from += right) {
                for (int i = 0; i < pixel; i++) {
                    turned[to++] = image.samples()[from + i];
                }
            }
        }
        return new Bitmap(height, width, image.channels(), image.sampleBytes(), turned);
    }
}
