package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;

/** Flink's reader of a topic, whose failure for want of the next record ends the job for good. */
final class GaplessReader<T> implements SourceReader<T, KafkaPartitionSplit> {
    private final SourceReader<T, KafkaPartitionSplit> kafka;
    private final MissingRecords missing;
    private final TrailingMarkers markers;
    private final KilnConfig config;

    GaplessReader(
            SourceReader<T, KafkaPartitionSplit> kafka,
            MissingRecords missing,
            TrailingMarkers markers,
            KilnConfig config) {
        this.kafka = kafka;
        this.missing = missing;
        this.markers = markers;
        this.config = config;
    }

    @Override
    public void start() {
        missing.noteTopic();
        kafka.start();
    }

    /**
     * @throws NonRecoverableJobException if the record that comes next is not there
     * @throws io.kiln.schemas.BrokerException if the broker denies the topic
     */
    @Override
    public InputStatus pollNext(ReaderOutput<T> output) throws Exception {
        try {
            return kafka.pollNext(output);
        } catch (RuntimeException e) { // the connector's own, around what Kafka's client threw
            Optional<OffsetOutOfRangeException> outOfRange =
                    ExceptionUtils.findThrowable(e, OffsetOutOfRangeException.class);
            if (outOfRange.isPresent()) {
                missing.requireNone(outOfRange.get());
            }
            throw Clients.refused(config, e, "");
        }
    }

    @Override
    public List<KafkaPartitionSplit> snapshotState(long checkpointId) {
        return markers.passed(kafka.snapshotState(checkpointId));
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return kafka.isAvailable();
    }

    @Override
    public void addSplits(List<KafkaPartitionSplit> splits) {
        kafka.addSplits(splits);
    }

    @Override
    public void notifyNoMoreSplits() {
        kafka.notifyNoMoreSplits();
    }

    @Override
    public void handleSourceEvents(SourceEvent event) {
        kafka.handleSourceEvents(event);
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        kafka.notifyCheckpointComplete(checkpointId);
    }

    @Override
    public void notifyCheckpointAborted(long checkpointId) throws Exception {
        kafka.notifyCheckpointAborted(checkpointId);
    }

    @Override
    public void pauseOrResumeSplits(Collection<String> paused, Collection<String> resumed) {
        kafka.pauseOrResumeSplits(paused, resumed);
    }

    @Override
    public void close() throws Exception {
        markers.close();
        kafka.close();
    }
}
