package io.kiln.masking;

import io.kiln.schemas.ImageRecord;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * Takes the value of a record for the picture itself, as in topics that others fill without Avro
 * and registry. The image's identity is the SHA-256 of its bytes: what such a topic has for keys is
 * as often a camera as an image.
 */
final class RawImageReader implements RecordReader {
    private static final long serialVersionUID = 1L;

    @Override
    public ImageRecord read(byte[] value) {
        return new ImageRecord(
                identity(value),
                "",
                "application/octet-stream",
                ByteBuffer.wrap(value),
                null,
                Map.of());
    }

    private static String identity(byte[] value) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(value));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
