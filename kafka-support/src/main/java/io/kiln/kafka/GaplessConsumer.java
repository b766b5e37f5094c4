package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads committed records of some partitions ahead, on a thread of its own, and no further than a
 * few records that nobody has taken. For an operator that knows itself where it goes on, and takes
 * records when it can use them. As with {@link GaplessSource}, a record that is missing ends the
 * job for good.
 */
public final class GaplessConsumer implements AutoCloseable {
    /** Records of a partition that wait, beyond which it is paused. */
    private static final int AHEAD = 3;

    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration LAST_COMMIT = Duration.ofSeconds(2);

    private final KilnConfig config;
    private final Map<TopicPartition, Long> begins;
    private final Map<Integer, Queue<ConsumerRecord<byte[], byte[]>>> waiting = new HashMap<>();
    private final Map<Integer, Long> unread = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Long> handedOver = new HashMap<>(); // the offset behind it
    private final Runnable arrived;
    private final MissingRecords missing;
    private final AtomicReference<@Nullable Map<TopicPartition, Long>> toCommit =
            new AtomicReference<>();
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread thread;
    private volatile @Nullable RuntimeException failure;
    private volatile boolean closed;

    /**
     * Begins to read.
     *
     * @param topic of the partitions
     * @param begins offset of the first record to read of each partition; negative for the first
     *     that there is
     * @param group that offsets are committed to
     * @param arrived called on the reading thread when there is a record to take, or a failure
     * @param advice how to go on without records that are missing, a sentence
     */
    public GaplessConsumer(
            KilnConfig config,
            String topic,
            Map<TopicPartition, Long> begins,
            String group,
            Runnable arrived,
            String advice) {
        this.config = config;
        this.begins = Map.copyOf(begins);
        this.arrived = arrived;
        this.missing = new MissingRecords(config, topic, advice);
        begins.keySet().forEach(p -> waiting.put(p.partition(), new ConcurrentLinkedQueue<>()));
        Properties properties = Clients.source(config);
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "1");
        this.consumer =
                new KafkaConsumer<>(
                        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.thread = new Thread(this::run, "kiln-consumer of " + topic);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Takes the next record of a partition; null if none has come.
     *
     * @throws NonRecoverableJobException if a record is missing
     * @throws RuntimeException if reading failed
     */
    public @Nullable ConsumerRecord<byte[], byte[]> poll(int partition) {
        RuntimeException failed = failure;
        if (failed != null) {
            throw failed;
        }
        Queue<ConsumerRecord<byte[], byte[]>> records = waiting.get(partition);
        return records == null ? null : records.poll();
    }

    /**
     * Records of a partition that nobody has taken: those that wait here, and those that the broker
     * had beyond them when it last sent some. May be called on any thread.
     */
    public long pendingRecords(int partition) {
        Queue<ConsumerRecord<byte[], byte[]>> records = waiting.get(partition);
        return unread.getOrDefault(partition, 0L) + (records == null ? 0 : records.size());
    }

    /**
     * Commits offsets to the group, soon: for those who watch how far the job is, and for a reader
     * that goes on there. Where nothing has come behind such an offset but markers of transactions,
     * the offset behind them is committed, with the other one as its metadata: see {@link
     * TrailingMarkers}.
     */
    public void commit(Map<TopicPartition, Long> next) {
        toCommit.set(Map.copyOf(next));
    }

    private void run() {
        try (consumer) {
            missing.noteTopic();
            begin();
            try {
                while (!closed) {
                    read();
                }
            } catch (WakeupException e) {
                // closed
            }
            commitLast();
        } catch (WakeupException e) {
            // closed
        } catch (OffsetOutOfRangeException e) {
            fail(e);
        } catch (RuntimeException e) {
            failed(Clients.refused(config, e, ""));
        }
    }

    private void fail(OffsetOutOfRangeException outOfRange) {
        try {
            missing.requireNone(outOfRange);
            failed(outOfRange);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private void failed(RuntimeException reason) {
        failure = reason;
        if (!closed) {
            arrived.run();
        }
    }

    private void begin() {
        consumer.assign(begins.keySet());
        Map<TopicPartition, Long> first = consumer.beginningOffsets(begins.keySet());
        begins.forEach(
                (partition, offset) -> {
                    long begin = first.getOrDefault(partition, 0L);
                    if (offset < 0) {
                        consumer.seek(partition, begin);
                    } else {
                        handedOver.put(partition, offset);
                        consumer.seek(
                                partition,
                                offset < begin ? behindMarkers(partition, offset) : offset);
                    }
                });
    }

    /** Where an earlier reader was that had read all records before an offset. */
    private long behindMarkers(TopicPartition partition, long next) {
        OffsetAndMetadata noted = consumer.committed(Set.of(partition)).get(partition);
        return noted != null && noted.metadata().equals(Long.toString(next))
                ? noted.offset()
                : next;
    }

    private OffsetAndMetadata noted(TopicPartition partition, long next) {
        long position = consumer.position(partition);
        boolean isAllTaken = handedOver.getOrDefault(partition, -1L) == next;
        return isAllTaken && position > next
                ? new OffsetAndMetadata(position, Long.toString(next))
                : new OffsetAndMetadata(next);
    }

    private void read() {
        List<TopicPartition> full = new ArrayList<>();
        List<TopicPartition> others = new ArrayList<>();
        for (TopicPartition partition : begins.keySet()) {
            (queue(partition).size() >= AHEAD ? full : others).add(partition);
        }
        consumer.pause(full);
        consumer.resume(others);
        boolean any = false;
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            queue(partition).add(record);
            handedOver.put(partition, record.offset() + 1);
            any = true;
        }
        for (TopicPartition partition : begins.keySet()) {
            consumer.currentLag(partition).ifPresent(lag -> unread.put(partition.partition(), lag));
        }
        if (any) {
            arrived.run();
        }
        Map<TopicPartition, OffsetAndMetadata> notes = notes();
        if (!notes.isEmpty()) {
            consumer.commitAsync(notes, null);
        }
    }

    /** Of a job that is stopped with a savepoint, what that savepoint holds. */
    private void commitLast() {
        Map<TopicPartition, OffsetAndMetadata> notes = notes();
        if (!notes.isEmpty()) {
            consumer.commitSync(notes, LAST_COMMIT);
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> notes() {
        Map<TopicPartition, OffsetAndMetadata> notes = new HashMap<>();
        Map<TopicPartition, Long> offsets = toCommit.getAndSet(null);
        if (offsets != null) {
            offsets.forEach((partition, next) -> notes.put(partition, noted(partition, next)));
        }
        return notes;
    }

    private Queue<ConsumerRecord<byte[], byte[]>> queue(TopicPartition partition) {
        return Objects.requireNonNull(waiting.get(partition.partition()));
    }

    /** Stops reading; waits for nothing. */
    @Override
    public void close() {
        closed = true;
        consumer.wakeup();
    }
}
