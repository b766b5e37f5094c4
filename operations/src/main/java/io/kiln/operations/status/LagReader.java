package io.kiln.operations.status;

import io.kiln.operations.status.StreamReading.Lag;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads how much of a topic has not been used yet. */
final class LagReader {
    /**
     * Up to so many offsets the records behind them are read and counted. Beyond, the difference of
     * the offsets must do, in which each transaction counts as one record too many.
     */
    static final long COUNTED = 16;

    private final TopicReader reader;
    private final Instant now;

    LagReader(TopicReader reader, Instant now) {
        this.reader = reader;
        this.now = now;
    }

    /**
     * What waits in a topic.
     *
     * @param next offset of the first record of each partition that has not been used; partitions
     *     without one have not been used at all
     */
    Lag lag(String topic, Map<TopicPartition, Long> next) {
        Extent waiting = waiting(reader.extent(topic).from(next));
        long offsets = waiting.size();
        if (offsets == 0) {
            return Lag.NONE;
        }
        Seen seen = new Seen();
        if (offsets <= COUNTED) {
            reader.read(waiting, seen::add);
            return new Lag(seen.records, seen.oldest(now));
        }
        Map<TopicPartition, Long> ends = new HashMap<>(waiting.ends());
        ends.replaceAll((p, end) -> Math.min(end, waiting.begins().getOrDefault(p, 0L) + 2));
        reader.read(new Extent(waiting.begins(), ends), seen::add);
        return new Lag(offsets, seen.oldest(now));
    }

    /** Without the partitions of which nothing waits. */
    private static Extent waiting(Extent extent) {
        Map<TopicPartition, Long> begins = new HashMap<>(extent.begins());
        Map<TopicPartition, Long> ends = new HashMap<>(extent.ends());
        ends.entrySet().removeIf(end -> begins.getOrDefault(end.getKey(), 0L) >= end.getValue());
        begins.keySet().retainAll(ends.keySet());
        return new Extent(begins, ends);
    }

    private static final class Seen {
        private long records;
        private long oldestMillis = Long.MAX_VALUE;

        void add(ConsumerRecord<byte[], byte[]> record) {
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
