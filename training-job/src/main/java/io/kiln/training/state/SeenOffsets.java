package io.kiln.training.state;

import io.kiln.schemas.OffsetRange;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map.Entry;
import java.util.TreeMap;

/** The offsets that a model has seen: the lowest and the highest of each partition. */
public final class SeenOffsets {
    private record Partition(String topic, int partition) implements Comparable<Partition> {
        @Override
        public int compareTo(Partition other) {
            int byTopic = topic.compareTo(other.topic);
            return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
        }
    }

    private record Range(long first, long last) {
        Range and(long offset) {
            return new Range(Math.min(first, offset), Math.max(last, offset));
        }
    }

    private final TreeMap<Partition, Range> ranges = new TreeMap<>();

    /** Adds one offset. */
    public void add(String topic, int partition, long offset) {
        ranges.merge(
                new Partition(topic, partition),
                new Range(offset, offset),
                (range, one) -> range.and(one.first));
    }

    /** Adds all offsets of a range. */
    public void add(String topic, int partition, long first, long last) {
        add(topic, partition, first);
        add(topic, partition, last);
    }

    /** Highest offset seen of a partition, or −1. */
    public long last(String topic, int partition) {
        Range range = ranges.get(new Partition(topic, partition));
        return range == null ? -1 : range.last;
    }

    /**
     * Those partitions that a run, which takes one record of each in turn, did not read before:
     * nothing was seen of them, although another had its turn twice.
     */
    public List<Integer> added(String topic, List<Integer> partitions) {
        boolean tookTurns =
                partitions.stream()
                        .map(partition -> ranges.get(new Partition(topic, partition)))
                        .anyMatch(range -> range != null && range.first < range.last);
        return tookTurns
                ? partitions.stream().filter(partition -> last(topic, partition) < 0).toList()
                : List.of();
    }

    /** The ranges as checkpoint events carry them, ordered by topic and partition. */
    public List<OffsetRange> toRecords() {
        return ranges.entrySet().stream().map(SeenOffsets::toRecord).toList();
    }

    private static OffsetRange toRecord(Entry<Partition, Range> entry) {
        return new OffsetRange(
                entry.getKey().topic,
                entry.getKey().partition,
                entry.getValue().first,
                entry.getValue().last);
    }

    public void write(DataOutputStream out) throws IOException {
        out.writeInt(ranges.size());
        for (Entry<Partition, Range> entry : ranges.entrySet()) {
            out.writeUTF(entry.getKey().topic);
            out.writeInt(entry.getKey().partition);
            out.writeLong(entry.getValue().first);
            out.writeLong(entry.getValue().last);
        }
    }

    public static SeenOffsets read(DataInputStream in) throws IOException {
        SeenOffsets seen = new SeenOffsets();
        for (int left = in.readInt(); left > 0; left--) {
            Partition partition = new Partition(in.readUTF(), in.readInt());
            seen.ranges.put(partition, new Range(in.readLong(), in.readLong()));
        }
        return seen;
    }
}
