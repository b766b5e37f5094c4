package io.kiln.masking;

/**
 * A decoded picture.
 *
 * @param width pixels
 * @param height pixels
 * @param rgb uint8 [height, width, 3]
 */
@SuppressWarnings("ArrayRecordComponent") // a buffer on its way, never compared
public record Picture(int width, int height, byte[] rgb) {
    /** Values a pixel. */
    public static final int CHANNELS = 3;

    public Picture {
        if (rgb.length != width * height * CHANNELS) {
            throw new IllegalArgumentException(
                    rgb.length + " bytes for " + width + " x " + height + " pixels");
        }
    }
}
