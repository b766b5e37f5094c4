package io.kiln.images;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A file signature: the bytes that every file of one kind has at a fixed position.
 *
 * @param offset of the first of these bytes in the file
 * @param bytes of the signature; not changed
 */
@SuppressWarnings("ArrayRecordComponent") // constants, never compared with each other
public record Signature(int offset, byte[] bytes) {
    public Signature {
        if (offset < 0 || bytes.length == 0) {
            throw new IllegalArgumentException(
                    "a signature has at least 1 byte at offset 0 or later, not "
                            + bytes.length
                            + " at "
                            + offset);
        }
    }

    /** A signature at the start of a file, written as hexadecimal digits. */
    public static Signature hex(String digits) {
        return new Signature(0, HexFormat.of().parseHex(digits));
    }

    /** A signature of ASCII characters. */
    public static Signature ascii(int offset, String text) {
        return new Signature(offset, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Whether a file has this signature; a file too short for it does not. */
    public boolean matches(byte[] file) {
        int end = offset + bytes.length;
        return file.length >= end && Arrays.equals(file, offset, end, bytes, 0, bytes.length);
    }
}
