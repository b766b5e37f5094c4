package io.kiln.kafka;

import java.util.Collection;
import java.util.Map;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;

/**
 * Starts a new job at the earliest record and lets a restored job go on at exactly the record its
 * state wants next: if that record is gone, deleted by retention, the job fails and says so, where
 * Flink's own earliest() would silently skip the gap.
 */
@SuppressWarnings("deprecation") // OffsetResetStrategy is what the connector's interface takes
public final class FailOnDeletedRecords implements OffsetsInitializer {
    private static final long serialVersionUID = 1L;

    private final OffsetsInitializer earliest = OffsetsInitializer.earliest();

    @Override
    public Map<TopicPartition, Long> getPartitionOffsets(
            Collection<TopicPartition> partitions, PartitionOffsetsRetriever retriever) {
        return earliest.getPartitionOffsets(partitions, retriever);
    }

    @Override
    public OffsetResetStrategy getAutoOffsetResetStrategy() {
        return OffsetResetStrategy.NONE;
    }
}
