package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import java.io.IOException;
import java.util.Collection;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.InitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.SupportsPostCommitTopology;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.jspecify.annotations.Nullable;

/**
 * Flink's transactional {@link KafkaSink}, whose writers close without an exception: see {@link
 * QuietlyClosedWriter}. Its state is that of the {@link KafkaSink}.
 */
public final class ExactlyOnceSink<T>
        implements Sink<T>,
                SupportsWriterState<T, KafkaWriterState>,
                SupportsCommitter<KafkaCommittable>,
                SupportsPostCommitTopology<KafkaCommittable> {
    private static final long serialVersionUID = 1L;

    private final KafkaSink<T> kafka;
    private final KilnConfig config;
    private final String transactionalIds;
    private final @Nullable SinkGuard guard;

    private ExactlyOnceSink(
            KafkaSink<T> kafka,
            KilnConfig config,
            String transactionalIds,
            @Nullable SinkGuard guard) {
        this.kafka = kafka;
        this.config = config;
        this.transactionalIds = transactionalIds;
        this.guard = guard;
    }

    /**
     * Creates a sink on the configured brokers.
     *
     * @param transactionalIds prefix of its transactional ids, which no other sink may use
     */
    public static <T> ExactlyOnceSink<T> of(
            KilnConfig config,
            String transactionalIds,
            KafkaRecordSerializationSchema<T> serializer) {
        return new ExactlyOnceSink<>(
                KafkaSink.<T>builder()
                        .setKafkaProducerConfig(Clients.sink(config))
                        .setBootstrapServers(config.kafka().bootstrapServers())
                        .setRecordSerializer(serializer)
                        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                        .setTransactionalIdPrefix(transactionalIds)
                        .build(),
                config,
                transactionalIds,
                null);
    }

    /** The same with a guard, of which each subtask has one. */
    public ExactlyOnceSink<T> guardedBy(SinkGuard each) {
        return new ExactlyOnceSink<>(kafka, config, transactionalIds, each);
    }

    private void opening(InitContext context) {
        if (guard != null) {
            guard.opening(
                    context.getRestoredCheckpointId(),
                    context.getTaskInfo().getIndexOfThisSubtask());
        }
    }

    @Override
    public SinkWriter<T> createWriter(WriterInitContext context) throws IOException {
        return guarded(context, () -> QuietlyClosedWriter.of(kafka.createWriter(context), guard));
    }

    @Override
    public StatefulSinkWriter<T, KafkaWriterState> restoreWriter(
            WriterInitContext context, Collection<KafkaWriterState> state) throws IOException {
        return guarded(
                context, () -> QuietlyClosedWriter.of(kafka.restoreWriter(context, state), guard));
    }

    private interface Opening<T> {
        StatefulSinkWriter<T, KafkaWriterState> writer() throws IOException;
    }

    /** The writer closes the guard, so if there is none, nobody would. */
    private StatefulSinkWriter<T, KafkaWriterState> guarded(
            WriterInitContext context, Opening<T> opening) throws IOException {
        opening(context);
        boolean opened = false;
        try {
            StatefulSinkWriter<T, KafkaWriterState> writer = opening.writer();
            opened = true;
            return writer;
        } catch (RuntimeException e) {
            throw Clients.refused(config, e, "transactional ids " + transactionalIds);
        } finally {
            if (!opened && guard != null) {
                guard.close();
            }
        }
    }

    @Override
    public SimpleVersionedSerializer<KafkaWriterState> getWriterStateSerializer() {
        return kafka.getWriterStateSerializer();
    }

    @Override
    public Committer<KafkaCommittable> createCommitter(CommitterInitContext context)
            throws IOException {
        if (guard != null) { // Flink initialises the committer before the writer
            opening(context);
            guard.close();
        }
        return kafka.createCommitter(context);
    }

    @Override
    public SimpleVersionedSerializer<KafkaCommittable> getCommittableSerializer() {
        return kafka.getCommittableSerializer();
    }

    @Override
    public void addPostCommitTopology(DataStream<CommittableMessage<KafkaCommittable>> committed) {
        kafka.addPostCommitTopology(committed);
    }
}
