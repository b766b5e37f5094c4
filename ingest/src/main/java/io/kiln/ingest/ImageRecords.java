package io.kiln.ingest;

import io.kiln.schemas.ContentId;
import io.kiln.schemas.ImageRecord;
import java.nio.ByteBuffer;
import java.util.Map;

/** Makes the records of the images topic. */
public final class ImageRecords {
    private ImageRecords() {}

    /**
     * An image under the identity of its content. When it was taken stays unknown: a file's time is
     * that of its last copy.
     *
     * @param source URI of where the bytes came from
     * @param mediaType what the bytes are, see {@link io.kiln.images.ImageFormat#mediaType}
     * @param content the encoded image; not copied
     * @param attributes what is to be kept beside it
     */
    public static ImageRecord of(
            String source, String mediaType, byte[] content, Map<String, String> attributes) {
        return ImageRecord.newBuilder()
                .setImageId(ContentId.of(content))
                .setSource(source)
                .setContentType(mediaType)
                .setContent(ByteBuffer.wrap(content))
                .setAttributes(attributes)
                .build();
    }
}
