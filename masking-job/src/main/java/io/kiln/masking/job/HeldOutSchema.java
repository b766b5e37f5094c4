package io.kiln.masking.job;

import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.ViewBatch;
import io.kiln.masking.sampling.BatchComposer;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes a held-out image as a SparseBatch of one image, to the one partition of its topic. The
 * record's key is the image id.
 */
final class HeldOutSchema implements KafkaRecordSerializationSchema<MaskedImage> {
    private static final long serialVersionUID = 1L;

    private final String topic;
    private final BatchComposer composer;
    private final RecordSerializer<SparseBatch> serializer;

    HeldOutSchema(String topic, MaskingPlan plan, SchemaRegistry registry) {
        this.topic = topic;
        this.composer = new BatchComposer(plan);
        this.serializer = new RecordSerializer<>(registry);
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            MaskedImage image, KafkaSinkContext context, @Nullable Long timestamp) {
        ViewBatch alone = new ViewBatch(new MaskedImage[] {image}, 0, 0);
        byte[] key = image.imageId().getBytes(StandardCharsets.UTF_8);
        byte[] value = serializer.serialize(topic, composer.compose(alone));
        return new ProducerRecord<>(topic, 0, key, value);
    }
}
