package io.kiln.masking.job;

import io.kiln.schemas.ContentId;
import io.kiln.schemas.ImageRecord;
import java.nio.ByteBuffer;
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
                ContentId.of(value),
                "",
                "application/octet-stream",
                ByteBuffer.wrap(value),
                null,
                Map.of());
    }
}
