package io.kiln.operations.status;

import io.kiln.operations.status.StreamReading.Lag;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads how much of a topic has not been used yet. */
final class LagReader {
    /**
     * Up to so many offsets the records behind them are read and counted. Beyond, the difference of
     * the offsets must do, in which each transaction counts as one record too many. A partition in
     * which only markers of the last transactions are left counts as nothing all the same.
     */
    static final long COUNTED = 16;

    private final TopicReader reader;
    private final Instant now;
    private final int writers;

    /**
     * Makes a reader.
     *
     * @param writers how many transactions may end at once, each with a marker in each partition
     */
    LagReader(TopicReader reader, Instant now, int writers) {
        this.reader = reader;
        this.now = now;
        this.writers = writers;
    }

    /**
     * What waits in a topic.
     *
     * @param next offset of the first record of each partition that has not been used; partitions
     *     without one have not been used at all
     */
    Lag lag(String topic, Map<TopicPartition, Long> next) {
        Extent all = reader.extent(topic).from(next);
        Extent waiting = only(all, partition -> all.size(partition) > 0);
        long offsets = waiting.size();
        if (offsets == 0) {
            return Lag.NONE;
        }
        Seen seen = new Seen();
        if (offsets <= COUNTED) {
            reader.read(waiting, seen::add);
            return new Lag(seen.records, seen.oldest(now));
        }
        reader.read(beginnings(waiting), seen::add);
        Extent markers = only(waiting, p -> !seen.partitions.contains(p) && isFew(waiting, p));
        long before = seen.records;
        reader.read(markers, seen::add);
        long behindMarkers = seen.records - before;
        return new Lag(offsets - markers.size() + behindMarkers, seen.oldest(now));
    }

    /** The first two offsets of each partition, in which markers of transactions may lie. */
    private static Extent beginnings(Extent extent) {
        Map<TopicPartition, Long> ends = new HashMap<>(extent.ends());
        ends.replaceAll((p, end) -> Math.min(end, extent.begins().getOrDefault(p, 0L) + 2));
        return new Extent(extent.begins(), ends);
    }

    /** Whether no more waits in a partition than the markers of one commit may take. */
    private boolean isFew(Extent extent, TopicPartition partition) {
        return extent.size(partition) <= Math.max(COUNTED, writers);
    }

    private static Extent only(Extent extent, Predicate<TopicPartition> partitions) {
        Map<TopicPartition, Long> begins = new HashMap<>(extent.begins());
        Map<TopicPartition, Long> ends = new HashMap<>(extent.ends());
        ends.keySet().removeIf(partitions.negate());
        begins.keySet().retainAll(ends.keySet());
        return new Extent(begins, ends);
    }

    private static final class Seen {
        private final Set<TopicPartition> partitions = new HashSet<>();
        private long records;
        private long oldestMillis = Long.MAX_VALUE;

        void add(ConsumerRecord<byte[], byte[]> record) {
            partitions.add(new TopicPartition(record.topic(), record.partition()));
            records++;
            oldestMillis = Math.min(oldestMillis, record.timestamp());
        }

        Optional<Duration> oldest(Instant now) {
            return records == 0
                    ? Optional.empty()
                    : Optional.of(Duration.between(Instant.ofEpochMilli(oldestMillis), now));
        }
    }
}
