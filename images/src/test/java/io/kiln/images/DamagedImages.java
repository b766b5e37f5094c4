package io.kiln.images;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Builds images that are wrong on purpose, out of right ones or from nothing. */
final class DamagedImages {
    private static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 26, '\n'};

    private DamagedImages() {}

    static byte[] cut(byte[] bytes, int length) {
        return Arrays.copyOf(bytes, length);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    static byte[] insert(byte[] bytes, int at, byte[] more) {
        return join(cut(bytes, at), more, Arrays.copyOfRange(bytes, at, bytes.length));
    }

    static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    /** Position of the first marker 0xFF, code in a JPEG. */
    static int marker(byte[] jpeg, int code) {
        for (int i = 0; i + 1 < jpeg.length; i++) {
            if (jpeg[i] == (byte) 0xFF && jpeg[i + 1] == (byte) code) {
                return i;
            }
        }
        throw new IllegalArgumentException("no marker " + Integer.toHexString(code));
    }

    /** A segment of a JPEG: marker, length, content. */
    static byte[] segment(int code, byte[] content) {
        int length = content.length + 2;
        return join(bytes(0xFF, code, length >> 8, length), content);
    }

    static byte[] adobe(int transform) {
        return segment(0xEE, join(ascii("Adobe"), bytes(0, 100, 0, 0, 0, 0, transform)));
    }

    static byte[] pngHeader(int width, int height, int depth, int colourType) {
        return chunk(
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put((byte) depth)
                        .put((byte) colourType)
                        .array());
    }

    static byte[] png(byte[]... chunks) {
        return join(PNG_SIGNATURE, join(chunks), chunk("IEND", new byte[0]));
    }

    static byte[] chunk(String type, byte[] data) {
        byte[] typeAndData = join(ascii(type), data);
        CRC32 sum = new CRC32();
        sum.update(typeAndData);
        return join(
                ByteBuffer.allocate(4).putInt(data.length).array(),
                typeAndData,
                ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
    }

    static byte[] deflate(byte[] data) {
        Deflater deflater = new Deflater(9);
        deflater.setInput(data);
        deflater.finish();
        byte[] compressed = new byte[data.length / 500 + 1000];
        int length = deflater.deflate(compressed);
        deflater.end();
        return cut(compressed, length);
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
