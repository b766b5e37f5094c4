package io.kiln.images;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
final class TiffBuilder {
    private final ByteOrder order;
    private final Map<Integer, int[]> fields = new LinkedHashMap<>();
    private byte[][] parts = {};

    /** An image of one sample a pixel, 8 bits, black is zero. */
    TiffBuilder(ByteOrder order, int width, int height) {
        this.order = order;
        with(TiffTag.WIDTH, width)
                .with(TiffTag.HEIGHT, height)
                .with(TiffTag.BITS, 8)
                .with(TiffTag.COMPRESSION, 1);
        with(TiffTag.PHOTOMETRIC, 1).with(TiffTag.SAMPLES, 1);
    }

    /** Sets a field. */
    TiffBuilder with(int tag, int... values) {
        fields.put(tag, values);
        return this;
    }

    TiffBuilder strips(byte[]... strips) {
        parts = strips;
        int[] lengths = Arrays.stream(strips).mapToInt(strip -> strip.length).toArray();
        return with(TiffTag.STRIP_OFFSETS, new int[strips.length])
                .with(TiffTag.STRIP_BYTES, lengths);
    }

    TiffBuilder tiles(int width, int height, byte[]... tiles) {
        parts = tiles;
        int[] lengths = Arrays.stream(tiles).mapToInt(tile -> tile.length).toArray();
        with(TiffTag.TILE_WIDTH, width).with(TiffTag.TILE_HEIGHT, height);
        return with(TiffTag.TILE_OFFSETS, new int[tiles.length]).with(TiffTag.TILE_BYTES, lengths);
    }

    /** Enough for the data and all numbers. */
    private int capacity() {
        int numbers = fields.values().stream().mapToInt(values -> values.length).sum();
        return Arrays.stream(parts).mapToInt(part -> part.length).sum()
                + 8 * numbers
                + 20 * fields.size()
                + 100;
    }

    /** The same file as a BigTIFF: longer numbers, and the directory right after the header. */
    byte[] bigBytes() {
        ByteBuffer out = ByteBuffer.allocate(capacity()).order(order);
        out.put(
                (order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM")
                        .getBytes(StandardCharsets.US_ASCII));
        out.putShort((short) 43).putShort((short) 8).putShort((short) 0).putLong(16);
        int values = 16 + 8 + 20 * fields.size() + 8;
        int at = values + 8 * fields.values().stream().mapToInt(v -> v.length).sum();
        int[] offsets =
                fields.getOrDefault(TiffTag.TILE_OFFSETS, fields.get(TiffTag.STRIP_OFFSETS));
        for (int i = 0; i < parts.length; i++) {
            offsets[i] = at;
            out.position(at).put(parts[i]);
            at += parts[i].length;
        }
        out.position(16).putLong(fields.size());
        for (Map.Entry<Integer, int[]> field : new TreeMap<>(fields).entrySet()) {
            out.putShort(field.getKey().shortValue()).putShort((short) 16);
            out.putLong(field.getValue().length);
            if (field.getValue().length == 1) {
                out.putLong(field.getValue()[0]);
            } else {
                int next = out.putLong(values).position();
                out.position(values);
                Arrays.stream(field.getValue()).forEach(out::putLong);
                values = out.position();
                out.position(next);
            }
        }
        return Arrays.copyOf(out.array(), at);
    }

    /** The file: header, data, values that fit no entry, directory. All numbers are LONG. */
    byte[] bytes() {
        ByteBuffer out = ByteBuffer.allocate(capacity()).order(order);
        out.put(
                (order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM")
                        .getBytes(StandardCharsets.US_ASCII));
        out.putShort((short) 42).putInt(0);
        int[] offsets =
                fields.getOrDefault(TiffTag.TILE_OFFSETS, fields.get(TiffTag.STRIP_OFFSETS));
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
    static byte[] encoded(Bitmap image, String compression) {
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
                            TestImages.buffered(image, BufferedImage.TYPE_3BYTE_BGR), null, null),
                    param);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
