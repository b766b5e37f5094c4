package io.kiln.masking.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.JobRecords;
import io.kiln.kafka.OpenTransactions;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * What the topic of batches holds, as readers of committed records see it. Records that are no
 * batches are passed over.
 */
final class BatchTopic implements AutoCloseable {
    private static final long FIRST_LOOK = 32;
    private static final long FURTHER = 16;

    /**
     * A batch of the topic.
     *
     * @param timestamp of its record
     * @param stamp empty if an earlier Kiln wrote it
     */
    record Written(long timestamp, Optional<BatchStamp> stamp) {}

    private final String topic;
    private final TopicReader reader;
    private final JobRecords<SparseBatch> batches;
    private final OpenTransactions open;

    BatchTopic(KilnConfig config, List<String> transactions) {
        this.topic = config.topics().sparseBatches();
        this.reader = Clients.reader(config);
        this.batches = new JobRecords<>(config, SparseBatch.class, topic);
        this.open = new OpenTransactions(config, transactions);
    }

    /** Waits until no transaction of another program hides what is committed behind it. */
    void awaitOthers() {
        open.awaitOthers(reader.extent(topic).ends().keySet());
    }

    /** Ends what earlier masking jobs left open, but not what belongs to a checkpoint. */
    void abortAfter(long checkpoint) {
        open.abortOwnAfter(checkpoint);
    }

    /** Offset behind the last record that is visible, by partition. */
    Map<TopicPartition, Long> ends() {
        return reader.extent(topic).ends();
    }

    /** Whether any batch has become visible from these offsets on. */
    boolean anyFrom(Map<TopicPartition, Long> offsets) {
        return !read(reader.extent(topic).from(offsets)).isEmpty();
    }

    /** The last batches of each partition, some of them at least if there are any. */
    List<Written> newest() {
        List<Written> newest = new ArrayList<>();
        Extent extent = reader.extent(topic);
        for (TopicPartition partition : extent.ends().keySet()) {
            newest.addAll(newest(only(partition, extent)));
        }
        return newest;
    }

    private static Extent only(TopicPartition partition, Extent extent) {
        return new Extent(
                Map.of(partition, extent.begins().getOrDefault(partition, 0L)),
                Map.of(partition, extent.ends().getOrDefault(partition, 0L)));
    }

    /** Looks further back where the last records were aborted. */
    private List<Written> newest(Extent partition) {
        for (long count = FIRST_LOOK; ; count *= FURTHER) {
            Extent last = partition.newest(count);
            List<Written> found = read(last);
            if (!found.isEmpty() || last.begins().equals(partition.begins())) {
                return found;
            }
        }
    }

    private List<Written> read(Extent extent) {
        List<Written> found = new ArrayList<>();
        reader.read(
                extent,
                record ->
                        batches.readOrPassOver(record)
                                .map(
                                        batch ->
                                                new Written(
                                                        record.timestamp(),
                                                        BatchStamp.of(record.headers())))
                                .ifPresent(found::add));
        return found;
    }

    @Override
    public void close() {
        reader.close();
        open.close();
    }
}
