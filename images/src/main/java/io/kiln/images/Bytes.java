package io.kiln.images;

import java.nio.charset.StandardCharsets;

/** Numbers in the bytes of an image; reading past the end is a truncated image. */
final class Bytes {
    private final String format;
    private final byte[] bytes;

    /**
     * @param format for messages
     */
    Bytes(String format, byte[] bytes) {
        this.format = format;
        this.bytes = bytes;
    }

    int length() {
        return bytes.length;
    }

    int u8(int at) throws BadImageException {
        require(at, 1);
        return bytes[at] & 0xFF;
    }

    int u16be(int at) throws BadImageException {
        return u8(at) << 8 | u8(at + 1);
    }

    int u16le(int at) throws BadImageException {
        return u8(at) | u8(at + 1) << 8;
    }

    int u24le(int at) throws BadImageException {
        return u16le(at) | u8(at + 2) << 16;
    }

    int i32be(int at) throws BadImageException {
        return u16be(at) << 16 | u16be(at + 2);
    }

    int i32le(int at) throws BadImageException {
        return u16le(at) | u16le(at + 2) << 16;
    }

    /** Four characters that name a chunk; anything unprintable becomes a question mark. */
    String tag(int at) throws BadImageException {
        require(at, 4);
        return new String(bytes, at, 4, StandardCharsets.US_ASCII).replaceAll("[^ -~]", "?");
    }

    boolean startsWith(int at, String ascii) {
        if (at < 0 || at + ascii.length() > bytes.length) {
            return false;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if (bytes[at + i] != (byte) ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * @throws BadImageException TRUNCATED if fewer than count bytes follow at
     */
    void require(long at, long count) throws BadImageException {
        if (at < 0 || count < 0 || count > bytes.length - at) {
            throw new BadImageException(
                    ImageDefect.TRUNCATED,
                    format
                            + " ends after "
                            + bytes.length
                            + " bytes where at least "
                            + Long.toUnsignedString(at + count)
                            + " were announced");
        }
    }

    byte[] array() {
        return bytes;
    }
}
