package io.kiln.masking.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** TIFFs that the tests make, field by field, or with the JDK's encoder. */
final class Tiff {
    static final int WIDTH = 256;
    static final int HEIGHT = 257;
    static final int BITS = 258;
    static final int COMPRESSION = 259;
    static final int PHOTOMETRIC = 262;
    static final int STRIP_OFFSETS = 273;
    static final int SAMPLES = 277;
    static final int ROWS_PER_STRIP = 278;
    static final int STRIP_BYTES = 279;
    static final int PLANAR = 284;
    static final int COLOUR_MAP = 320;
    static final int TILE_WIDTH = 322;
    static final int TILE_HEIGHT = 323;
    static final int TILE_OFFSETS = 324;
    static final int TILE_BYTES = 325;
    static final int EXTRA_SAMPLES = 338;
    static final int SAMPLE_FORMAT = 339;

    private final ByteOrder order;
    private final Map<Integer, int[]> fields = new LinkedHashMap<>();
    private byte[][] parts = {};

    /** A picture of one sample a pixel, 8 bits, black is zero. */
    Tiff(ByteOrder order, int width, int height) {
        this.order = order;
        with(WIDTH, width).with(HEIGHT, height).with(BITS, 8).with(COMPRESSION, 1);
        with(PHOTOMETRIC, 1).with(SAMPLES, 1);
    }

    /** Sets a field. */
    Tiff with(int tag, int... values) {
        fields.put(tag, values);
        return this;
    }

    Tiff strips(byte[]... strips) {
        parts = strips;
        int[] lengths = Arrays.stream(strips).mapToInt(strip -> strip.length).toArray();
        return with(STRIP_OFFSETS, new int[strips.length]).with(STRIP_BYTES, lengths);
    }

    Tiff tiles(int width, int height, byte[]... tiles) {
        parts = tiles;
        int[] lengths = Arrays.stream(tiles).mapToInt(tile -> tile.length).toArray();
        with(TILE_WIDTH, width).with(TILE_HEIGHT, height);
        return with(TILE_OFFSETS, new int[tiles.length]).with(TILE_BYTES, lengths);
    }

    /** The file: header, data, values that fit no entry, directory. All numbers are LONG. */
    byte[] bytes() {
        ByteBuffer out = ByteBuffer.allocate(1 << 20).order(order);
        out.put(
                (order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM")
                        .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        out.putShort((short) 42).putInt(0);
        int[] offsets = fields.getOrDefault(TILE_OFFSETS, fields.get(STRIP_OFFSETS));
        for (int i = 0; i < parts.length; i++) {
            offsets[i] = out.position();
            out.put(parts[i]);
        }
        Map<Integer, Integer> outside = new TreeMap<>();
        fields.forEach(
                (tag, values) -> {
                    if (values.length > 1) {
                        outside.put(tag, out.position());
                        Arrays.stream(values).forEach(out::putInt);
                    }
                });
        out.putInt(4, out.position());
        out.putShort((short) fields.size());
        new TreeMap<>(fields)
                .forEach(
                        (tag, values) -> {
                            out.putShort(tag.shortValue()).putShort((short) 4);
                            out.putInt(values.length);
                            out.putInt(outside.getOrDefault(tag, values[0]));
                        });
        out.putInt(0);
        return Arrays.copyOf(out.array(), out.position());
    }

    /**
     * As the JDK encodes it.
     *
     * @param compression as the JDK calls it: LZW, ZLib, Deflate, PackBits
     */
    static byte[] encoded(RgbImage image, String compression) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("tiff").next();
        ImageWriteParam param = writer.getDefaultWriteParam();
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionType(compression);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(
                    null,
                    new IIOImage(
                            Pictures.buffered(image, java.awt.image.BufferedImage.TYPE_3BYTE_BGR),
                            null,
                            null),
                    param);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
