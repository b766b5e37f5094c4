package io.kiln.ingest;

import io.kiln.config.KafkaConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Where the topic ended when a named run began: the offsets of the consumer group {@code
 * kiln-ingest-NAME}. The group has no members, and brokers forget the offsets of such a group,
 * after a week if not told otherwise. So they are written again and again while the run lives.
 */
final class RunOffsets implements AutoCloseable {
    private final String group;
    private final Duration renewal;
    private final Admin admin;
    private final ScheduledExecutorService renewals =
            Executors.newSingleThreadScheduledExecutor(
                    work -> {
                        Thread thread = new Thread(work, "run-offsets");
                        thread.setDaemon(true);
                        return thread;
                    });

    /**
     * @param renewal time from one writing to the next
     */
    RunOffsets(KafkaConfig kafka, String run, Duration renewal) {
        this.group = "kiln-ingest-" + run;
        this.renewal = renewal;
        this.admin = Admin.create(TopicCheck.adminSettings(kafka));
    }

    /** Those that the broker keeps; none if the run has not begun. */
    Map<TopicPartition, Long> read(Set<TopicPartition> partitions)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> begins = new HashMap<>();
        admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get()
                .forEach(
                        (partition, offset) -> {
                            if (offset != null && partitions.contains(partition)) {
                                begins.put(partition, offset.offset());
                            }
                        });
        return begins;
    }

    /** Writes them now, and until this is closed. */
    void keep(Map<TopicPartition, Long> begins) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        begins.forEach((partition, begin) -> offsets.put(partition, new OffsetAndMetadata(begin)));
        write(offsets);
        renewals.scheduleWithFixedDelay(
                () -> renew(offsets), renewal.toNanos(), renewal.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void renew(Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            write(offsets);
        } catch (ExecutionException e) {
            // The next time will do: the broker forgets nothing that soon.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(Map<TopicPartition, OffsetAndMetadata> offsets)
            throws ExecutionException, InterruptedException {
        admin.alterConsumerGroupOffsets(group, offsets).all().get();
    }

    @Override
    public void close() {
        renewals.shutdownNow();
        admin.close(Duration.ZERO);
    }
}
