package io.kiln.schemas;

/** Identity of an image by its content: what ImageRecord.imageId is unless the sender gives one. */
public final class ContentId {
    private ContentId() {}

    /** SHA-256 of the encoded image in lower-case hexadecimal. */
    public static String of(byte[] content) {
        return Sha256.hex(content);
    }
}
