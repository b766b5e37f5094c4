package io.kiln.images;

/**
 * A decoded image.
 *
 * @param height rows
 * @param width columns
 * @param channels values a pixel, at least 1
 * @param samples uint8 [height, width, channels]; not copied, so whoever makes an image gives the
 *     array away
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record Bitmap(int height, int width, int channels, byte[] samples) {
    /** Red, green and blue. */
    public static final int RGB = 3;

    public Bitmap {
        if (height < 1
                || width < 1
                || channels < 1
                || samples.length != (long) height * width * channels) {
            throw new IllegalArgumentException(
                    height
                            + " x "
                            + width
                            + " pixels of "
                            + channels
                            + " bytes, but "
                            + samples.length
                            + " bytes are given");
        }
    }

    /**
     * An image of colours.
     *
     * @param samples uint8 [height, width, 3]: red, green, blue; not copied
     */
    public static Bitmap rgb(int height, int width, byte[] samples) {
        return new Bitmap(height, width, RGB, samples);
    }

    /** A value from 0 to 255; of colours, channel 0 is red, 1 green, 2 blue. */
    public int value(int row, int column, int channel) {
        return samples[(row * width + column) * channels + channel] & 0xFF;
    }

    /**
     * The luma of an image of colours, as Pillow's {@code convert("L")} has it (Convert.c, L24:
     * ITU-R BT.601 with 16 bits of fraction). Of grey it is the grey itself.
     */
    Bitmap luma() {
        byte[] luma = new byte[height * width];
        for (int to = 0, from = 0; to < luma.length; to++, from += RGB) {
            int red = samples[from] & 0xFF;
            int green = samples[from + 1] & 0xFF;
            int blue = samples[from + 2] & 0xFF;
            luma[to] = (byte) ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
        }
        return new Bitmap(height, width, 1, luma);
    }
}
