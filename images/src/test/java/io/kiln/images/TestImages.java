package io.kiln.images;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Images that the tests make themselves, in every format. */
public final class TestImages {
    /** 40 x 24: left half (200, 40, 30), right half (20, 60, 180). Encoded with libwebp 1.6. */
    static final byte[] LOSSY_WEBP =
            decode(
                    "UklGRnYAAABXRUJQVlA4IGoAAABQBQCdASooABgAPjEWiEKiISEYDVQAIAMEoAeDfwD8IOECGAfgBXf+4AASp7"
                            + "FtBNOtUAAA/vRRH//5+ZG124H//5xFziLnEX84N+YwyNvluqF8SCsPQmKf4j0hgIAlZYfImvE8LCD0wAAA");

    static final byte[] LOSSLESS_WEBP =
            decode("UklGRiwAAABXRUJQVlA4TB8AAAAvJ8AFAA9wCpQzId/Dcv5jCUICwv+1HligR/Q/wFoCAA==");

    /** The second frame is green. */
    static final byte[] ANIMATED_WEBP =
            decode(
                    "UklGRjABAABXRUJQVlA4WAoAAAACAAAAJwAAFwAAQU5JTQYAAAAAAAAAAABBTk1GlgAAAAAAAAAAACcAABcAAGQA"
                            + "AAJWUDggfgAAAFAHAJ0BKigAGAA+MRSIQqIhIRgEACADBKAHYA/AD9gOMC7AfsBhAPwArv/cAJ7ijyuwH4aC"
                            + "5PulzJvB7Tz9oBWfWAAA/v8BWH//nYAc1KdL//+ezxmqZvw/7Wz0bat0BIoov/7ImYljgB8CMS9S6ozAkodq"
                            + "lCvGfeG9iAAAAEFOTUZmAAAAAAAAAAAAJwAAFwAAZAAAAFZQOCBOAAAA1AQAnQEqKAAYAD4xFIdDglYAAGCW"
                            + "cAdgD8AP0AMrBtgxoROyAmJSrJYgMOICoAAA/vWn3//9EzoOkx/9E1///cMACY3b/7he2k4AAAAA");

    /** Half transparent. */
    static final byte[] TRANSPARENT_WEBP =
            decode(
                    "UklGRpoAAABXRUJQVlA4WAoAAAAQAAAAJwAAFwAAQUxQSAoAAAABB1DAiAhERP8DVlA4IGoAAABQBQCdASooABgA"
                            + "PjEWiEKiISEYDVQAIAMEoAeDfwD8IOECGAfgBXf+4AASp7FtBNOtUAAA/vRRH//5+ZG124H//5xFziLnEX84"
                            + "N+YwyNvluqF8SCsPQmKf4j0hgIAlZYfImvE8LCD0wAAA");

    private TestImages() {}

    private static byte[] decode(String base64) {
        return Base64.getDecoder().decode(base64);
    }

    /** An image of random values. */
    public static Bitmap noise(int height, int width, int channels, long seed) {
        byte[] samples = new byte[height * width * channels];
        new Random(seed).nextBytes(samples);
        return new Bitmap(height, width, channels, samples);
    }

    /**
     * An encoded image of random pixels, different for each seed.
     *
     * @param format as ImageIO calls it: jpg, png, gif, bmp or tiff
     * @param side height and width in pixels
     */
    public static byte[] encoded(String format, int side, long seed) {
        return encode(noise(side, side, 3, seed), format);
    }

    /** A PNG of 16 x 16 random pixels. */
    public static byte[] png(long seed) {
        return encoded("png", 16, seed);
    }

    /** A JPEG that ends in the middle. */
    public static byte[] truncatedJpeg(int side, long seed) {
        byte[] whole = encoded("jpg", side, seed);
        return Arrays.copyOf(whole, whole.length / 2);
    }

    /** Writes JPEGs of random pixels, 80 x 80, called 000.jpg, 001.jpg and so on. */
    public static void writeJpegs(Path folder, int count) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < count; i++) {
            Path file = folder.resolve(String.format(Locale.ROOT, "%03d.jpg", i));
            Files.write(file, encoded("jpg", 80, i));
        }
    }

    /** A smooth scene, different in every channel. */
    public static Bitmap scene(int height, int width) {
        byte[] rgb = new byte[height * width * 3];
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                int at = (row * width + column) * 3;
                rgb[at] = (byte) Math.round(128 + 100 * Math.sin(column / 15.0));
                rgb[at + 1] = (byte) Math.round(128 + 100 * Math.cos(row / 12.0));
                rgb[at + 2] = (byte) Math.round(128 + 90 * Math.sin((row + column) / 20.0));
            }
        }
        return Bitmap.rgb(height, width, rgb);
    }

    static BufferedImage buffered(Bitmap image, int type) {
        BufferedImage buffered = new BufferedImage(image.width(), image.height(), type);
        for (int row = 0; row < image.height(); row++) {
            for (int column = 0; column < image.width(); column++) {
                int red = image.value(row, column, 0);
                int green = image.value(row, column, 1);
                int blue = image.value(row, column, 2);
                buffered.setRGB(column, row, 0xFF000000 | red << 16 | green << 8 | blue);
            }
        }
        return buffered;
    }

    static byte[] encode(Bitmap image, String format) {
        return encode(buffered(image, BufferedImage.TYPE_3BYTE_BGR), format);
    }

    static byte[] encode(BufferedImage image, String format) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(image, format, bytes)) {
                throw new IllegalStateException("no encoder for this kind of " + format);
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A JPEG of the best quality. */
    public static byte[] jpeg(Bitmap image) {
        return jpeg(new IIOImage(buffered(image, BufferedImage.TYPE_3BYTE_BGR), null, null), false);
    }

    static byte[] progressiveJpeg(Bitmap image) {
        return jpeg(new IIOImage(buffered(image, BufferedImage.TYPE_3BYTE_BGR), null, null), true);
    }

    /** A JPEG of four components, stored as they are given, without a word on their meaning. */
    static byte[] fourComponentJpeg(int height, int width, int... components) {
        WritableRaster raster = Raster.createInterleavedRaster(0, width, height, 4, null);
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                raster.setPixel(column, row, components);
            }
        }
        return jpeg(new IIOImage(raster, null, null), false);
    }

    private static byte[] jpeg(IIOImage image, boolean progressive) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionQuality(1);
            if (progressive) {
                param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            }
            writer.setOutput(out);
            writer.write(null, image, param);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /** A TIFF of bands of 16 bits, little-endian, band by band in a pixel. */
    public static byte[] tiffOf16Bits(int side, int bands, byte[] samples) {
        int[] bits = new int[bands];
        Arrays.fill(bits, 16);
        return new TiffBuilder(ByteOrder.LITTLE_ENDIAN, side, side)
                .with(TiffTag.SAMPLES, bands)
                .with(TiffTag.BITS, bits)
                .strips(samples)
                .bytes();
    }
}
