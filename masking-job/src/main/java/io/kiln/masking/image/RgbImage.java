package io.kiln.masking.image;

/**
 * A decoded picture.
 *
 * @param height rows
 * @param width columns
 * @param rgb uint8 [height, width, 3]: red, green, blue; not copied, so whoever makes an image
 *     gives the array away
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record RgbImage(int height, int width, byte[] rgb) {
    /** Values a pixel. */
    public static final int CHANNELS = 3;

    public RgbImage {
        if (height < 1 || width < 1 || rgb.length != (long) height * width * CHANNELS) {
            throw new IllegalArgumentException(
                    height
                            + " x "
                            + width
                            + " pixels of 3 bytes, but "
                            + rgb.length
                            + " bytes are given");
        }
    }

    /** A value from 0 to 255; channel 0 is red, 1 green, 2 blue. */
    public int value(int row, int column, int channel) {
        return rgb[(row * width + column) * CHANNELS + channel] & 0xFF;
    }
}
