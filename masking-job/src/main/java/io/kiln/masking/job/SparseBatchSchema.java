package io.kiln.masking.job;

import io.kiln.config.TopicsConfig;
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
 * Writes a batch as a SparseBatch. The batches of an image partition go to all partitions of
 * sparse-batches in turn, so that these, and with them the trainers, get equally many however the
 * images are spread. The record's key is the number of the partition's trainer as text.
 */
final class SparseBatchSchema implements KafkaRecordSerializationSchema<ViewBatch> {
    private static final long serialVersionUID = 1L;

    private final String topic;
    private final TopicsConfig topics;
    private final BatchComposer composer;
    private final RecordSerializer<SparseBatch> serializer;
    private final MaskingClaim claim;

    SparseBatchSchema(
            TopicsConfig topics, MaskingPlan plan, SchemaRegistry registry, MaskingClaim claim) {
        this.topic = topics.sparseBatches();
        this.topics = topics;
        this.composer = new BatchComposer(plan);
        this.serializer = new RecordSerializer<>(registry);
        this.claim = claim;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            ViewBatch batch, KafkaSinkContext context, @Nullable Long timestamp) {
        int imagePartition = batch.images()[0].position().partition();
        int partition = (int) ((imagePartition + batch.number()) % topics.batchPartitions());
        byte[] key =
                Integer.toString(topics.trainerOf(partition)).getBytes(StandardCharsets.US_ASCII);
        byte[] value = serializer.serialize(topic, composer.compose(batch));
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, partition, key, value);
        claim.stamp().addTo(record.headers());
        return record;
    }
}
