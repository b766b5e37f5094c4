package io.kiln.images;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * What a text of a PNG tells of the orientation: an XMP packet, or EXIF in hexadecimal digits as
 * ImageMagick writes it. Broken texts spoil no pixel: they count as none.
 */
final class PngText {
    private static final String XMP = "XML:com.adobe.xmp\0";
    private static final String RAW_EXIF = "Raw profile type exif\0";

    /** Of a text that is inflated; what follows is not read. */
    private static final int MOST_BYTES = 1 << 18;

    /** Lines before the digits: an empty one, the kind of profile, its length. */
    private static final int LINES = 3;

    private PngText() {}

    /**
     * @param from first byte of the chunk's content, of a type tEXt, zTXt or iTXt
     * @param compressed whether its type says so, as zTXt does
     */
    static void read(Bytes in, boolean compressed, int from, int to, OrientationTags orientation)
            throws BadImageException {
        byte[] bytes = in.array();
        if (in.startsWith(from, RAW_EXIF)) {
            int text = from + RAW_EXIF.length();
            rawExif(
                    compressed ? inflated(bytes, text + 1, to) : slice(bytes, text, to),
                    orientation);
        } else if (in.startsWith(from, XMP)) {
            int flags = from + XMP.length();
            int packet = afterZeros(bytes, flags + 2, to);
            boolean deflated = flags < to && in.u8(flags) == 1;
            byte[] xmp = deflated ? inflated(bytes, packet, to) : slice(bytes, flags, to);
            orientation.xmp(xmp, 0, xmp.length);
        }
    }

    private static byte[] slice(byte[] bytes, int from, int to) {
        return Arrays.copyOfRange(bytes, Math.min(from, to), to);
    }

    /** Behind the names of the language and of the keyword in it. */
    private static int afterZeros(byte[] bytes, int from, int to) {
        int at = from;
        for (int zeros = 0; zeros < 2 && at < to; at++) {
            zeros += bytes[at] == 0 ? 1 : 0;
        }
        return at;
    }

    private static void rawExif(byte[] text, OrientationTags orientation) {
        String[] lines = new String(text, StandardCharsets.US_ASCII).split("\n", LINES + 1);
        try {
            String digits = lines.length > LINES ? lines[LINES].replaceAll("\\s", "") : "";
            byte[] exif = HexFormat.of().parseHex(digits);
            orientation.exif(exif, 0, exif.length);
        } catch (IllegalArgumentException e) {
            // No digits, no orientation.
        }
    }

    private static byte[] inflated(byte[] bytes, int from, int to) {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(bytes, Math.min(from, to), Math.max(0, to - from));
            byte[] text = new byte[MOST_BYTES];
            int length = 0;
            for (int count = 1; count > 0 && length < MOST_BYTES; length += count) {
                count = inflater.inflate(text, length, MOST_BYTES - length);
            }
            return Arrays.copyOf(text, length);
        } catch (DataFormatException e) {
            return new byte[0];
        } finally {
            inflater.end();
        }
    }
}
