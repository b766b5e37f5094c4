package io.kiln.images;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Finds an image's orientation in its metadata as Pillow does ({@code Image.getexif}): the EXIF
 * tag, or else the XMP property of the same meaning. Broken metadata spoil no pixel: they count as
 * none.
 */
final class OrientationTags {
    private static final int TAG = 0x0112;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int SIGNED_SHORT = 8;
    private static final int SIGNED_LONG = 9;
    private static final int ENTRY_BYTES = 12;
    private static final byte[] XMP_PROPERTY =
            "tiff:Orientation".getBytes(StandardCharsets.US_ASCII);

    private static final String SIGNATURE = "Exif\0\0";

    private int exif;
    private int xmp;

    /**
     * Reads an EXIF block; of several the first that has the tag counts.
     *
     * @param bytes an image
     * @param from where EXIF's TIFF header begins, or the signature that a JPEG has before it
     * @param to where it ends at the latest
     */
    void exif(byte[] bytes, int from, int to) {
        if (exif != 0) {
            return;
        }
        try {
            int header = new Bytes("EXIF", bytes).startsWith(from, SIGNATURE) ? 6 : 0;
            int length = Math.max(0, to - from - header);
            ByteBuffer block = ByteBuffer.wrap(bytes, from + header, length).slice();
            short order = block.getShort();
            block.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
            int directory = block.getInt(4);
            int entries = block.getShort(directory) & 0xFFFF;
            for (int i = 0; i < entries && exif == 0; i++) {
                int entry = directory + 2 + i * ENTRY_BYTES;
                int type = block.getShort(entry + 2);
                if (block.getShort(entry) == TAG) {
                    exif =
                            switch (type) {
                                case SHORT, SIGNED_SHORT -> block.getShort(entry + 8);
                                case LONG, SIGNED_LONG -> block.getInt(entry + 8);
                                default -> 0;
                            };
                }
            }
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            exif = 0;
        }
    }

    /** Reads an XMP packet: {@code tiff:Orientation="6"} or {@code <tiff:Orientation>6}. */
    void xmp(byte[] bytes, int from, int to) {
        int digit = XMP_PROPERTY.length + 1;
        for (int at = from; at + digit + 1 < to; at++) {
            if (!isProperty(bytes, at)) {
                continue;
            }
            int next = bytes[at + XMP_PROPERTY.length];
            int value =
                    next == '>'
                            ? bytes[at + digit]
                            : next == '=' && bytes[at + digit] == '"' ? bytes[at + digit + 1] : 0;
            if (value >= '0' && value <= '9') {
                xmp = value - '0';
                return;
            }
        }
    }

    private static boolean isProperty(byte[] bytes, int at) {
        for (int i = 0; i < XMP_PROPERTY.length; i++) {
            if (bytes[at + i] != XMP_PROPERTY[i]) {
                return false;
            }
        }
        return true;
    }

    /** UPRIGHT also where there is no tag, or none that makes sense. */
    Orientation orientation() {
        return Orientation.ofCode(exif != 0 ? exif : xmp);
    }
}
