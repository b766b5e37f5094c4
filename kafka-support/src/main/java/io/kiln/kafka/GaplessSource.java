package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Flink's {@link KafkaSource}, which ends the job for good if the record that comes next is not
 * there ({@link MissingRecords}). Its state is that of the {@link KafkaSource}.
 */
public final class GaplessSource<T>
        implements Source<T, KafkaPartitionSplit, KafkaSourceEnumState>, ResultTypeQueryable<T> {
    private static final long serialVersionUID = 1L;

    private final KafkaSource<T> kafka;
    private final KilnConfig config;
    private final String topic;
    private final String advice;

    private GaplessSource(KafkaSource<T> kafka, KilnConfig config, String topic, String advice) {
        this.kafka = kafka;
        this.config = config;
        this.topic = topic;
        this.advice = advice;
    }

    /**
     * Creates a source. A job without state begins with the earliest record that the topic holds.
     *
     * @param topic the one topic that the source reads
     * @param builder with all settings but the offsets to start from
     * @param advice how to go on without records that are missing, or with another topic, a
     *     sentence
     */
    public static <T> GaplessSource<T> of(
            KilnConfig config, String topic, KafkaSourceBuilder<T> builder, String advice) {
        return new GaplessSource<>(
                builder.setStartingOffsets(new FailOnDeletedRecords()).build(),
                config,
                topic,
                advice);
    }

    @Override
    public SourceReader<T, KafkaPartitionSplit> createReader(SourceReaderContext context)
            throws Exception {
        return new GaplessReader<>(
                kafka.createReader(context),
                new MissingRecords(config, topic, advice),
                new TrailingMarkers(config, topic),
                config);
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context) {
        return kafka.createEnumerator(context);
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state)
            throws Exception {
        return kafka.restoreEnumerator(context, state);
    }

    @Override
    public Boundedness getBoundedness() {
        return kafka.getBoundedness();
    }

    @Override
    public SimpleVersionedSerializer<KafkaPartitionSplit> getSplitSerializer() {
        return kafka.getSplitSerializer();
    }

    @Override
    public SimpleVersionedSerializer<KafkaSourceEnumState> getEnumeratorCheckpointSerializer() {
        return kafka.getEnumeratorCheckpointSerializer();
    }

    @Override
    public TypeInformation<T> getProducedType() {
        return kafka.getProducedType();
    }
}
