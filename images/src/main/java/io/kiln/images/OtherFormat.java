package io.kiln.images;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * What a file is that Kiln does not decode, for the person who wonders why it was refused.
 *
 * @param name a noun phrase, such as "a PDF document"
 * @param isImage whether it is an image all the same, or at least may hold one
 */
public record OtherFormat(String name, boolean isImage) {
    private static final OtherFormat UNKNOWN = new OtherFormat("no known image", false);
    private static final int SHOWN_BYTES = 8;
    private static final int TEXT_BYTES = 256;
    private static final Signature ISO_MEDIA = Signature.ascii(4, "ftyp");
    private static final Signature JPEG_XL = Signature.hex("FF0A");
    private static final Signature JPEG_XL_BOX = Signature.hex("0000000C4A584C20");
    private static final Signature JPEG_2000 = Signature.hex("0000000C6A502020");
    private static final Signature PDF = Signature.ascii(0, "%PDF");

    /**
     * Tells what a file is.
     *
     * @param head the file, or at least its first 256 bytes, in none of the formats of {@link
     *     ImageFormat}
     */
    public static OtherFormat of(byte[] head) {
        if (head.length == 0) {
            return new OtherFormat("an empty file", false);
        }
        if (ISO_MEDIA.matches(head)) {
            return isoMedia(
                    new String(head, 8, Math.min(4, head.length - 8), StandardCharsets.US_ASCII));
        }
        if (JPEG_XL.matches(head) || JPEG_XL_BOX.matches(head)) {
            return unread("a JPEG XL image");
        }
        if (JPEG_2000.matches(head)) {
            return unread("a JPEG 2000 image");
        }
        if (PDF.matches(head)) {
            return new OtherFormat("a PDF document", false);
        }
        return isText(head) ? new OtherFormat("text", false) : UNKNOWN;
    }

    /** As {@link #of}, in words; of a file that nobody knows, with its first bytes. */
    public static String describe(byte[] head) {
        OtherFormat format = of(head);
        return format.equals(UNKNOWN)
                ? format.name + ": begins with " + firstBytes(head, SHOWN_BYTES)
                : format.name;
    }

    /** The first bytes in hexadecimal digits. */
    static String firstBytes(byte[] head, int count) {
        return HexFormat.ofDelimiter(" ").formatHex(head, 0, Math.min(count, head.length));
    }

    private static OtherFormat isoMedia(String brand) {
        return switch (brand) {
            case "heic", "heix", "hevc", "mif1", "msf1" -> unread("a HEIF image");
            case "avif", "avis" -> unread("an AVIF image");
            default -> new OtherFormat("a video or another file of the MP4 family", true);
        };
    }

    private static OtherFormat unread(String format) {
        return new OtherFormat(format + ", which Kiln does not read", true);
    }

    private static boolean isText(byte[] head) {
        for (int i = 0; i < Math.min(head.length, TEXT_BYTES); i++) {
            int value = head[i] & 0xff;
            boolean control = value < 0x20 && value != '\n' && value != '\r' && value != '\t';
            if (control || value == 0x7f) {
                return false;
            }
        }
        return true;
    }
}
