package io.kiln.ingest;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** Kinds of encoded pictures, told by their first bytes and never by a file's name. */
public enum ContentType {
    JPEG("image/jpeg"),
    PNG("image/png"),
    WEBP("image/webp"),
    BMP("image/bmp"),
    GIF("image/gif"),
    TIFF("image/tiff");

    private static final int SHOWN_BYTES = 8;
    private static final int BMP_HEADER_SIZE = 14;

    private final String mediaType;

    ContentType(String mediaType) {
        this.mediaType = mediaType;
    }

    /** Media type, as in {@code ImageRecord.contentType}. */
    public String mediaType() {
        return mediaType;
    }

    /**
     * Looks at the first bytes. Says what the bytes claim to be; whether they decode is for the
     * masking job to find out.
     *
     * @param bytes an encoded picture or at least its first 32 bytes
     * @return the kind, empty if the bytes begin like none of them
     */
    public static Optional<ContentType> detect(byte[] bytes) {
        if (begins(bytes, 0, "FFD8FF")) {
            return Optional.of(JPEG);
        }
        if (begins(bytes, 0, "89504E470D0A1A0A")) {
            return Optional.of(PNG);
        }
        if (beginsText(bytes, 0, "RIFF") && beginsText(bytes, 8, "WEBP")) {
            return Optional.of(WEBP);
        }
        if (beginsText(bytes, 0, "GIF87a") || beginsText(bytes, 0, "GIF89a")) {
            return Optional.of(GIF);
        }
        if (isTiff(bytes)) {
            return Optional.of(TIFF);
        }
        return isBmp(bytes) ? Optional.of(BMP) : Optional.empty();
    }

    /**
     * Says in words what bytes without a {@linkplain #detect kind} are, for a person who wonders
     * why a file was refused.
     */
    public static String describe(byte[] bytes) {
        if (bytes.length == 0) {
            return "an empty file";
        }
        if (beginsText(bytes, 4, "ftyp")) {
            String brand =
                    new String(bytes, 8, Math.min(4, bytes.length - 8), StandardCharsets.US_ASCII);
            return switch (brand) {
                case "heic", "heix", "hevc", "mif1", "msf1" ->
                        "a HEIF picture, which Kiln does not read";
                case "avif", "avis" -> "an AVIF picture, which Kiln does not read";
                default -> "a video or another file of the MP4 family";
            };
        }
        if (begins(bytes, 0, "FF0A") || begins(bytes, 0, "0000000C4A584C20")) {
            return "a JPEG XL picture, which Kiln does not read";
        }
        if (begins(bytes, 0, "0000000C6A502020")) {
            return "a JPEG 2000 picture, which Kiln does not read";
        }
        if (beginsText(bytes, 0, "%PDF")) {
            return "a PDF document";
        }
        return ArchiveType.detect(bytes)
                .map(type -> type.description() + " inside another file")
                .orElseGet(
                        () ->
                                isText(bytes)
                                        ? "text"
                                        : "no known picture: begins with " + first(bytes));
    }

    private static boolean isTiff(byte[] bytes) {
        return begins(bytes, 0, "49492A00")
                || begins(bytes, 0, "4D4D002A")
                || begins(bytes, 0, "49492B00")
                || begins(bytes, 0, "4D4D002B");
    }

    /** "BM" alone begins many texts: the size of the second header must be one of those defined. */
    private static boolean isBmp(byte[] bytes) {
        if (!beginsText(bytes, 0, "BM") || bytes.length < BMP_HEADER_SIZE + 4) {
            return false;
        }
        int headerSize =
                (bytes[BMP_HEADER_SIZE] & 0xff)
                        | (bytes[BMP_HEADER_SIZE + 1] & 0xff) << 8
                        | (bytes[BMP_HEADER_SIZE + 2] & 0xff) << 16
                        | (bytes[BMP_HEADER_SIZE + 3] & 0xff) << 24;
        return switch (headerSize) {
            case 12, 16, 40, 52, 56, 64, 108, 124 -> true;
            default -> false;
        };
    }

    private static boolean isText(byte[] bytes) {
        for (int i = 0; i < Math.min(bytes.length, 256); i++) {
            int value = bytes[i] & 0xff;
            if ((value < 0x20 && value != '\n' && value != '\r' && value != '\t')
                    || value == 0x7f) {
                return false;
            }
        }
        return true;
    }

    private static String first(byte[] bytes) {
        return HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(SHOWN_BYTES, bytes.length));
    }

    static boolean begins(byte[] bytes, int offset, String hex) {
        return begins(bytes, offset, HexFormat.of().parseHex(hex));
    }

    static boolean beginsText(byte[] bytes, int offset, String ascii) {
        return begins(bytes, offset, ascii.getBytes(StandardCharsets.US_ASCII));
    }

    private static boolean begins(byte[] bytes, int offset, byte[] magic) {
        return bytes.length >= offset + magic.length
                && Arrays.equals(bytes, offset, offset + magic.length, magic, 0, magic.length);
    }
}
