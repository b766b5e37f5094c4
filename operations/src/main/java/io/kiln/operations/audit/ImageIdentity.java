package io.kiln.operations.audit;

import io.kiln.config.KilnConfig;
import io.kiln.config.TopicsConfig.ImageFormat;
import io.kiln.schemas.ContentId;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.SchemaRegistry;
import org.jspecify.annotations.Nullable;

/** Finds out which image a record of images is, as the masking job does. */
final class ImageIdentity {
    private final boolean raw;
    private final RecordDeserializer<ImageRecord> records;

    ImageIdentity(KilnConfig config, SchemaRegistry registry) {
        this.raw = config.topics().imageFormat() == ImageFormat.RAW;
        this.records =
                new RecordDeserializer<>(registry, ImageRecord.class, config.topics().images());
    }

    /** The image's identity; empty if the record is no image, which the dead letters tell. */
    String of(byte @Nullable [] value) {
        if (raw) {
            return value == null ? "" : ContentId.of(value);
        }
        try {
            return records.read(value).getImageId();
        } catch (RecordFormatException e) {
            return "";
        }
    }
}
