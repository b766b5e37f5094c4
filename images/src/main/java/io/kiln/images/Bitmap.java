package io.kiln.images;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A decoded image.
 *
 * @param height rows
 * @param width columns
 * @param channels values a pixel, at least 1
 * @param sampleBytes of a value: 1 for uint8, 2 for uint16, and, before a {@link SampleScale} has
 *     been applied, 4 for float32
 * @param samples [height, width, channels], little-endian; not copied, so whoever makes an image
 *     gives the array away
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record Bitmap(int height, int width, int channels, int sampleBytes, byte[] samples) {
    /** Red, green and blue. */
    public static final int RGB = 3;

    /** The largest uint16. */
    static final int MAX_UINT16 = 0xFFFF;

    private static final VarHandle UINT16 =
            MethodHandles.byteArrayViewVarHandle(char[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle FLOAT32 =
            MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);

    public Bitmap {
        if (height < 1
                || width < 1
                || channels < 1
                || (sampleBytes != 1 && sampleBytes != 2 && sampleBytes != 4)
                || samples.length != (long) height * width * channels * sampleBytes) {
            throw new IllegalArgumentException(
                    height
                            + " x "
                            + width
                            + " pixels of "
                            + channels
                            + " values of "
                            + sampleBytes
                            + " bytes, but "
                            + samples.length
                            + " bytes are given");
        }
    }

    /**
     * An image of bytes.
     *
     * @param samples uint8 [height, width, channels]; not copied
     */
    public Bitmap(int height, int width, int channels, byte[] samples) {
        this(height, width, channels, 1, samples);
    }

    /**
     * An image of colours.
     *
     * @param samples uint8 [height, width, 3]: red, green, blue; not copied
     */
    public static Bitmap rgb(int height, int width, byte[] samples) {
        return new Bitmap(height, width, RGB, samples);
    }

    /** Bytes of a pixel. */
    public int pixelBytes() {
        return channels * sampleBytes;
    }

    /** Bytes of a row. */
    public int rowBytes() {
        return width * pixelBytes();
    }

    /** A value from 0 to 255 or 65535; of colours, channel 0 is red, 1 green, 2 blue. */
    public int value(int row, int column, int channel) {
        return (int) value((row * width + column) * channels + channel);
    }

    /** The value of this number among all samples: row by row, channel by channel. */
    double value(int index) {
        return switch (sampleBytes) {
            case 1 -> samples[index] & 0xFF;
            case 2 -> uint16(samples, 2 * index);
            default -> float32(samples, 4 * index);
        };
    }

    static int uint16(byte[] samples, int at) {
        return (char) UINT16.get(samples, at);
    }

    static void putUint16(byte[] samples, int at, int value) {
        UINT16.set(samples, at, (char) value);
    }

    static float float32(byte[] samples, int at) {
        return (float) FLOAT32.get(samples, at);
    }

    static void putFloat32(byte[] samples, int at, float value) {
        FLOAT32.set(samples, at, value);
    }

    /**
     * The luma of an image of colours, as Pillow's {@code convert("L")} has it (Convert.c, L24:
     * ITU-R BT.601 with 16 bits of fraction). Of grey it is the grey itself.
     */
    Bitmap luma() {
        byte[] luma = new byte[height * width * sampleBytes];
        int pixels = height * width;
        for (int to = 0, from = 0; to < pixels; to++, from += RGB) {
            if (sampleBytes == 1) {
                int red = samples[from] & 0xFF;
                int green = samples[from + 1] & 0xFF;
                int blue = samples[from + 2] & 0xFF;
                luma[to] = (byte) luma(red, green, blue);
            } else {
                int red = uint16(samples, 2 * from);
                int green = uint16(samples, 2 * from + 2);
                int blue = uint16(samples, 2 * from + 4);
                putUint16(luma, 2 * to, luma(red, green, blue));
            }
        }
        return new Bitmap(height, width, 1, sampleBytes, luma);
    }

    /** Of 16 bits, the sum just fits an int without its sign. */
    private static int luma(int red, int green, int blue) {
        return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >>> 16;
    }
}
