package io.kiln.schemas;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads what topics hold: up to an end that was fixed before ({@link #read}), or onwards as records
 * come ({@link #seek}, {@link #poll}). Belongs to no consumer group and commits no offsets. Not
 * thread-safe.
 */
public final class TopicReader implements AutoCloseable {
    private static final Duration POLL_INTERVAL = Duration.ofMillis(200);

    /**
     * What a topic holds at one moment.
     *
     * @param begins first offset by partition
     * @param ends offset behind the last record by partition
     */
    public record Extent(Map<TopicPartition, Long> begins, Map<TopicPartition, Long> ends) {
        public Extent {
            begins = Map.copyOf(begins);
            ends = Map.copyOf(ends);
        }

        /** The same from other offsets on; partitions without one keep their beginning. */
        public Extent from(Map<TopicPartition, Long> offsets) {
            Map<TopicPartition, Long> from = new HashMap<>(begins);
            offsets.forEach((partition, offset) -> from.replace(partition, offset));
            return new Extent(from, ends);
        }

        /** The last offsets of each partition, at most so many. */
        public Extent newest(long count) {
            Map<TopicPartition, Long> from = new HashMap<>(begins);
            from.replaceAll((partition, begin) -> Math.max(begin, end(partition) - count));
            return new Extent(from, ends);
        }

        /** The number of offsets, of which some may hold no record. */
        public long size() {
            return ends.keySet().stream().mapToLong(this::size).sum();
        }

        /** The same of a partition. */
        public long size(TopicPartition partition) {
            return Math.max(0, end(partition) - begins.getOrDefault(partition, 0L));
        }

        private long end(TopicPartition partition) {
            return ends.getOrDefault(partition, 0L);
        }
    }

    private final Map<String, Object> properties;
    private final String address;
    private final Duration timeout;
    private final Map<TopicPartition, Long> next = new HashMap<>(); // where poll goes on
    private KafkaConsumer<byte[], byte[]> consumer;

    private TopicReader(Map<String, Object> properties, String isolation, Duration timeout) {
        Map<String, Object> settings = SecretReferences.late(properties);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        this.address = String.valueOf(settings.get(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG));
        this.properties = Map.copyOf(settings);
        this.timeout = timeout;
        this.consumer = consumer(this.properties);
    }

    private static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> properties) {
        try {
            return new KafkaConsumer<>(
                    properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        } catch (KafkaException e) {
            Throwable reason = e.getCause() == null ? e : e.getCause();
            throw new BrokerException(
                    "Kafka's client refuses its properties: " + reason.getMessage(), e);
        }
    }

    /**
     * A reader of committed records.
     *
     * @param properties of the Kafka client, bootstrap.servers among them; references to secrets
     *     are resolved, see {@link SecretReferences}
     * @param timeout how long a broker may be silent
     * @throws BrokerException if Kafka's client refuses the properties
     */
    public static TopicReader committed(Map<String, Object> properties, Duration timeout) {
        return new TopicReader(properties, "read_committed", timeout);
    }

    /** Reads also records of transactions that are open or were aborted. */
    public static TopicReader uncommitted(Map<String, Object> properties, Duration timeout) {
        return new TopicReader(properties, "read_uncommitted", timeout);
    }

    /**
     * Fixes where a topic begins and ends now.
     *
     * @throws BrokerException if no broker answers, it refuses, or it has no such topic
     */
    public Extent extent(String topic) {
        try {
            List<PartitionInfo> found = consumer.partitionsFor(topic, timeout);
            if (found == null || found.isEmpty()) {
                throw BrokerException.noTopic(address, topic, null);
            }
            List<TopicPartition> partitions =
                    found.stream()
                            .map(info -> new TopicPartition(topic, info.partition()))
                            .toList();
            return new Extent(
                    consumer.beginningOffsets(partitions, timeout),
                    consumer.endOffsets(partitions, timeout));
        } catch (UnknownTopicOrPartitionException e) {
            throw BrokerException.noTopic(address, topic, e);
        } catch (TimeoutException e) {
            throw BrokerException.noAnswer(address, timeout, e);
        } catch (AuthenticationException | AuthorizationException e) {
            throw BrokerException.refused(properties, e);
        }
    }

    /**
     * Whether the brokers have a topic.
     *
     * @throws BrokerException if no broker answers
     */
    public boolean exists(String topic) {
        try {
            return consumer.listTopics(timeout).containsKey(topic);
        } catch (TimeoutException e) {
            throw BrokerException.noAnswer(address, timeout, e);
        } catch (AuthenticationException e) {
            throw BrokerException.refused(properties, e);
        }
    }

    /**
     * Fixes what a topic holds now that was sent at a time or later.
     *
     * @throws BrokerException if no broker answers, or it has no such topic
     */
    public Extent extentSince(String topic, Instant time) {
        Extent all = extent(topic);
        Map<TopicPartition, Long> times = new HashMap<>();
        all.ends().keySet().forEach(partition -> times.put(partition, time.toEpochMilli()));
        Map<TopicPartition, Long> from = new HashMap<>(all.ends());
        try {
            consumer.offsetsForTimes(times, timeout)
                    .forEach(
                            (partition, found) -> {
                                if (found != null) {
                                    from.computeIfPresent(
                                            partition, (p, end) -> Math.min(end, found.offset()));
                                }
                            });
        } catch (TimeoutException e) {
            throw BrokerException.noAnswer(address, timeout, e);
        }
        return all.from(from);
    }

    /**
     * Reads all of an extent, each partition in its order. What retention deletes meanwhile is
     * passed over.
     *
     * @throws BrokerException if the broker sends nothing for the time of the timeout
     */
    public void read(Extent extent, Consumer<ConsumerRecord<byte[], byte[]>> action) {
        seek(extent.begins());
        long position = -1;
        long lastProgress = System.nanoTime();
        while (extent.ends().keySet().stream().anyMatch(p -> position(p) < extent.end(p))) {
            for (ConsumerRecord<byte[], byte[]> record : pollOrSkipDeleted()) {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                if (record.offset() < extent.end(partition)) {
                    action.accept(record);
                }
            }
            long now = sumOfPositions(extent.ends().keySet());
            if (now != position) { // aborted records move it too, though none is handed over
                position = now;
                lastProgress = System.nanoTime();
            } else if (System.nanoTime() - lastProgress > timeout.toNanos()) {
                throw new BrokerException(
                        "the Kafka broker at "
                                + address
                                + " sent nothing for "
                                + timeout.toSeconds()
                                + " s; expected records up to "
                                + extent.ends());
            }
        }
    }

    private Iterable<ConsumerRecord<byte[], byte[]>> pollOrSkipDeleted() {
        try {
            return poll(POLL_INTERVAL);
        } catch (OffsetOutOfRangeException e) {
            consumer.seekToBeginning(e.partitions());
            return List.of();
        }
    }

    private long sumOfPositions(Collection<TopicPartition> partitions) {
        return partitions.stream().mapToLong(this::position).sum();
    }

    private long position(TopicPartition partition) {
        return consumer.position(partition, timeout);
    }

    /** Lets {@link #poll} go on from these offsets, in these partitions alone. */
    public void seek(Map<TopicPartition, Long> offsets) {
        next.clear();
        next.putAll(offsets);
        consumer.assign(offsets.keySet());
        offsets.forEach(consumer::seek);
    }

    /**
     * Waits for records. If the broker does not accept the login, the next call goes on with a
     * client that has read it again, as it may have been renewed.
     *
     * @return those that follow, each partition in its order; empty if none comes within the time
     * @throws OffsetOutOfRangeException if the next record has been deleted
     * @throws BrokerException if the broker refuses
     * @throws org.apache.kafka.common.errors.InterruptException if the thread is interrupted
     */
    public Iterable<ConsumerRecord<byte[], byte[]>> poll(Duration atMost) {
        try {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(atMost);
            records.nextOffsets().forEach((partition, to) -> next.put(partition, to.offset()));
            return records;
        } catch (AuthenticationException e) {
            throw notLoggedIn(e);
        } catch (AuthorizationException e) {
            throw BrokerException.refused(properties, e);
        }
    }

    /** A client keeps the login that it was made with, whatever its files hold since. */
    private BrokerException notLoggedIn(AuthenticationException refusal) {
        KafkaConsumer<byte[], byte[]> renewed = consumer(properties);
        close();
        consumer = renewed;
        seek(Map.copyOf(next));
        return BrokerException.refused(properties, refusal);
    }

    /**
     * Asks the brokers of the partitions that {@link #poll} reads for an answer. Polling does not
     * tell brokers that are away from a topic where nothing happens.
     *
     * @throws BrokerException if they do not answer in time, or refuse
     */
    public void requireAnswer(Duration atMost) {
        try {
            consumer.endOffsets(consumer.assignment(), atMost);
        } catch (TimeoutException e) {
            throw BrokerException.noAnswer(address, atMost, e);
        } catch (AuthenticationException e) {
            throw notLoggedIn(e);
        }
    }

    /** Closes at once, also in an interrupted thread, which stays interrupted. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try {
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
