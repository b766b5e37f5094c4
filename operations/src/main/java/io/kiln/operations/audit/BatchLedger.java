package io.kiln.operations.audit;

import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.SparseBatch;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The batches that sparse-batches holds. */
final class BatchLedger {
    /** The properties of a batch that its step repeats. */
    record Entry(String batchId, int images) {}

    private final String topic;
    private final Findings findings;
    private final Map<Integer, NavigableMap<Long, Entry>> partitions = new TreeMap<>();
    private final Map<Integer, Long> begins = new TreeMap<>();
    private final Map<Integer, Set<Long>> foreign = new HashMap<>();
    private final Map<String, String> placeOfId = new HashMap<>();

    BatchLedger(String topic, Findings findings) {
        this.topic = topic;
        this.findings = findings;
    }

    String topic() {
        return topic;
    }

    /** Sets the first offset of a partition; earlier records have been deleted. */
    void begins(int partition, long offset) {
        begins.put(partition, offset);
        partitions.putIfAbsent(partition, new TreeMap<>());
    }

    /** Records a batch. */
    void held(int partition, long offset, SparseBatch batch) {
        String place = Finding.place(topic, partition, offset);
        String other = placeOfId.putIfAbsent(batch.getBatchId(), place);
        if (other != null) {
            findings.add(Kind.DUPLICATED, place, "is the same batch as " + other);
        }
        partitions
                .computeIfAbsent(partition, p -> new TreeMap<>())
                .put(offset, new Entry(batch.getBatchId(), batch.getImages().size()));
    }

    /** Records that an offset holds no batch. */
    void foreign(int partition, long offset) {
        foreign.computeIfAbsent(partition, p -> new HashSet<>()).add(offset);
    }

    /** Whether an offset holds a record that is no batch. */
    boolean isForeign(int partition, long offset) {
        return foreign.getOrDefault(partition, Set.of()).contains(offset);
    }

    long count() {
        return placeOfId.size();
    }

    boolean anyDeleted() {
        return begins.values().stream().anyMatch(begin -> begin > 0);
    }

    /** The first offset that has not been deleted. */
    long begin(int partition) {
        return begins.getOrDefault(partition, 0L);
    }

    @Nullable Entry at(int partition, long offset) {
        return partitions.getOrDefault(partition, new TreeMap<>()).get(offset);
    }

    /** Batches by partition and offset. */
    Map<Integer, NavigableMap<Long, Entry>> all() {
        return partitions;
    }
}
