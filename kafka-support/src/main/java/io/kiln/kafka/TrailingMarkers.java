package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.util.IOUtils;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a source goes on behind the markers that end transactions. A marker takes an offset, and no
 * consumer is handed it, so a source that has read everything continues at the offset of a marker.
 * Once retention has deleted the whole topic, nothing would tell that offset from one of a record
 * that was lost. So while nothing comes, what lies ahead is looked at, and what holds no record is
 * passed over.
 */
final class TrailingMarkers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrailingMarkers.class);

    /**
     * What was seen.
     *
     * @param next offset of the record that comes next
     * @param end offset up to which there is none; the same if the record is there
     */
    private record Look(long next, long end) {}

    /** Ends a look. */
    private static final class RecordFound extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RecordFound() {
            super(null, null, false, false);
        }
    }

    private final KilnConfig config;
    private final String topic;
    private final Map<TopicPartition, Look> looks = new ConcurrentHashMap<>();
    private final Semaphore looking = new Semaphore(1);
    private Map<TopicPartition, Long> before = Map.of();
    private @Nullable TopicReader reader; // of whoever is looking
    private volatile boolean closed;

    TrailingMarkers(KilnConfig config, String topic) {
        this.config = config;
        this.topic = topic;
    }

    /**
     * The splits of a checkpoint, beginning behind the markers that were seen so far. Looks at the
     * partitions that stand where they stood at the checkpoint before; waits for no broker.
     */
    List<KafkaPartitionSplit> passed(List<KafkaPartitionSplit> splits) {
        Map<TopicPartition, Long> now = new HashMap<>();
        for (KafkaPartitionSplit split : splits) {
            if (split.getStartingOffset() >= 0) {
                now.put(split.getTopicPartition(), split.getStartingOffset());
            }
        }
        Map<TopicPartition, Long> idle = new HashMap<>(now);
        idle.entrySet().retainAll(before.entrySet());
        idle.entrySet().removeIf(e -> isRecord(e.getKey(), e.getValue()));
        before = now;
        if (!idle.isEmpty() && !closed && looking.tryAcquire()) {
            Thread thread = new Thread(() -> look(idle), "kiln-markers of " + topic);
            thread.setDaemon(true);
            thread.start();
        }
        return splits.stream().map(this::passed).toList();
    }

    private boolean isRecord(TopicPartition partition, long next) {
        Look look = looks.get(partition);
        return look != null && look.next() == next && look.end() == next;
    }

    private KafkaPartitionSplit passed(KafkaPartitionSplit split) {
        Look look = looks.get(split.getTopicPartition());
        if (look == null || look.next() != split.getStartingOffset()) {
            return split;
        }
        return new KafkaPartitionSplit(
                split.getTopicPartition(),
                look.end(),
                split.getStoppingOffset().orElse(KafkaPartitionSplit.NO_STOPPING_OFFSET));
    }

    private void look(Map<TopicPartition, Long> idle) {
        try {
            TopicReader opened = reader == null ? Clients.reader(config) : reader;
            reader = opened;
            Map<TopicPartition, Long> ends = opened.extent(topic).ends();
            idle.forEach(
                    (partition, next) ->
                            look(opened, partition, next, MissingRecords.of(ends, partition)));
        } catch (BrokerException e) {
            LOG.info("what lies ahead in {} is not known: {}", topic, e.getMessage());
            IOUtils.closeQuietly(reader);
            reader = null;
        } finally {
            looking.release();
            closeReader();
        }
    }

    private void look(TopicReader opened, TopicPartition partition, long next, long end) {
        Look known = looks.get(partition);
        if (end <= next || (known != null && known.next() == next && known.end() == end)) {
            return;
        }
        Extent ahead = new Extent(Map.of(partition, next), Map.of(partition, end));
        try {
            opened.read(
                    ahead,
                    record -> {
                        throw new RecordFound();
                    });
        } catch (RecordFound e) {
            looks.put(partition, new Look(next, next));
            return;
        }
        // What retention had deleted meanwhile would have been passed over.
        if (MissingRecords.of(opened.extent(topic).begins(), partition) <= next) {
            looks.put(partition, new Look(next, end));
        }
    }

    /** Closes the reader, or has the look that is under way close it. */
    @Override
    public void close() {
        closed = true;
        closeReader();
    }

    private void closeReader() {
        if (closed && looking.tryAcquire()) {
            IOUtils.closeQuietly(reader);
            reader = null;
            looking.release();
        }
    }
}
