package io.kiln.masking.job;

import io.kiln.schemas.ContentId;
import io.kiln.schemas.ImageRecord;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Takes a record's value as the encoded image itself, for topics that others fill without Avro and
 * registry. The imageId is the SHA-256 of the bytes, because keys of such topics often name a
 * camera and not an image.
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
