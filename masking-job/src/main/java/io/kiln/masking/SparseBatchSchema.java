package io.kiln.masking;

import io.kiln.masking.sampling.BatchComposer;
import io.kiln.masking.sampling.MaskedBatch;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes a batch as a SparseBatch for the trainer that reads its image partition: trainer = image
 * partition modulo number of trainers, which is also the partition of sparse-batches and, as text,
 * the record's key.
 */
final class SparseBatchSchema implements KafkaRecordSerializationSchema<MaskedBatch> {
    private static final long serialVersionUID = 1L;

    private final String topic;
    private final int trainers;
    private final BatchComposer composer;
    private final RecordSerializer<SparseBatch> serializer;

    SparseBatchSchema(String topic, int trainers, MaskingPlan plan, SchemaRegistry registry) {
        this.topic = topic;
        this.trainers = trainers;
        this.composer = new BatchComposer(plan);
        this.serializer = new RecordSerializer<>(registry);
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            MaskedBatch batch, KafkaSinkContext context, @Nullable Long timestamp) {
        int trainer = trainer(batch);
        byte[] key = Integer.toString(trainer).getBytes(StandardCharsets.US_ASCII);
        byte[] value = serializer.serialize(topic, composer.compose(batch));
        return new ProducerRecord<>(topic, trainer, key, value);
    }

    private int trainer(MaskedBatch batch) {
        return batch.images()[0].position().partition() % trainers;
    }
}
