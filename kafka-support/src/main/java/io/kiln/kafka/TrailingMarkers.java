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
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a source goes on behind the markers that end transactions. A marker takes an offset, and no
 * consumer is handed it, so a source that has read everything continues at the offset of a marker.
 * Once retention has deleted the whole topic, nothing would tell that offset from one of a record
 * that was lost. So while nothing comes, what lies ahead is looked at, and what holds no record is
 * passed over.
 */
final class TrailingMarkers {
    private static final Logger LOG = LoggerFactory.getLogger(TrailingMarkers.class);

    /**
     * What was seen.
     *
     * @param next offset of the record that comes next
     * @param end offset up to which there is none
     * @param isRecord whether there is one at the end
     */
    private record Look(long next, long end, boolean isRecord) {}

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
        if (!idle.isEmpty() && looking.tryAcquire()) {
            Thread thread = new Thread(() -> look(idle), "kiln-markers of " + topic);
            thread.setDaemon(true);
            thread.start();
        }
        return splits.stream().map(this::passed).toList();
    }

    private boolean isRecord(TopicPartition partition, long next) {
        Look look = looks.get(partition);
        return look != null && look.next() == next && look.isRecord();
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
        try (TopicReader reader = Clients.reader(config)) {
            Extent extent = reader.extent(topic);
            idle.forEach(
                    (partition, next) -> {
                        long end = extent.ends().getOrDefault(partition, 0L);
                        long begin = extent.begins().getOrDefault(partition, 0L);
                        if (end > next && begin <= next) {
                            looks.put(partition, look(reader, partition, next, end));
                        }
                    });
        } catch (BrokerException e) {
            LOG.info("what lies ahead in {} is not known: {}", topic, e.getMessage());
        } finally {
            looking.release();
        }
    }

    private static Look look(TopicReader reader, TopicPartition partition, long next, long end) {
        Extent ahead = new Extent(Map.of(partition, next), Map.of(partition, end));
        try {
            reader.read(
                    ahead,
                    record -> {
                        throw new RecordFound();
                    });
            return new Look(next, end, false);
        } catch (RecordFound e) {
            return new Look(next, next, true);
        }
    }
}
