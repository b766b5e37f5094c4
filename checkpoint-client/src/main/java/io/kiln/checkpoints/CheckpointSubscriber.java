package io.kiln.checkpoints;

import io.kiln.schemas.BrokerException;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SchemaRegistryException;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads checkpoint events as they are committed, each once and in order, and fetches their files.
 * Not thread-safe.
 */
public final class CheckpointSubscriber implements AutoCloseable {
    private final TopicReader reader;
    private final TopicPartition partition;
    private final EventDecoder decoder;
    private final Queue<ConsumerRecord<byte[], byte[]>> pending = new ArrayDeque<>();
    private final List<CommittedEvent> current = new ArrayList<>();
    private final Optional<PositionFile> position;
    private Optional<CommittedEvent> last = Optional.empty();
    private long firstVersion;

    /**
     * Connects.
     *
     * @param properties of the Kafka consumer: bootstrap.servers, default.api.timeout.ms for how
     *     long to wait for a broker (a minute if not given), those of a login; references to
     *     secrets, such as ${env:NAME}, are resolved
     * @param topic of checkpoint events
     * @throws CheckpointException if no broker answers, it refuses, or it has no such topic of one
     *     partition
     */
    public CheckpointSubscriber(
            Map<String, Object> properties, SchemaRegistry registry, String topic, Start start) {
        this(properties, registry, topic, start, Optional.empty());
    }

    private CheckpointSubscriber(
            Map<String, Object> properties,
            SchemaRegistry registry,
            String topic,
            Start start,
            Optional<PositionFile> position) {
        this.partition = new TopicPartition(topic, 0);
        this.decoder = new EventDecoder(registry, topic);
        this.position = position;
        this.firstVersion = start.version();
        try {
            this.reader = TopicReader.committed(properties, timeout(properties));
        } catch (BrokerException e) {
            throw new CheckpointException(String.valueOf(e.getMessage()), e);
        }
        try {
            Extent extent = reader.extent(topic);
            requireOnePartition(topic, extent.begins().size());
            Optional<PositionFile.Position> saved = position.flatMap(PositionFile::read);
            if (saved.isPresent()) {
                firstVersion = 0;
                saved.get().require(reader, extent, decoder);
                reader.seek(Map.of(partition, saved.get().offset() + 1));
            } else {
                if (start.equals(Start.CURRENT)) {
                    current.addAll(decoder.current(reader, extent));
                }
                reader.seek(start.in(extent));
            }
        } catch (BrokerException e) {
            close();
            throw new CheckpointException(String.valueOf(e.getMessage()), e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Connects, and goes on behind the events that an earlier subscriber has {@link #commit}ted to
     * a file.
     *
     * @param first the event to begin with while there is no such file; not {@link Start#CURRENT},
     *     which goes on with what should be in use by itself
     * @param position the file; of one topic and one subscriber at a time
     * @throws CheckpointException if no broker answers, it has no such topic of one partition, or
     *     the topic does not hold the committed event, since it was made again or has deleted it
     */
    public static CheckpointSubscriber resuming(
            Map<String, Object> properties,
            SchemaRegistry registry,
            String topic,
            Start first,
            Path position) {
        if (first.equals(Start.CURRENT)) {
            throw new IllegalArgumentException(
                    "first: CURRENT is not allowed with a position; expected another start");
        }
        Optional<PositionFile> file = Optional.of(new PositionFile(position, topic));
        return new CheckpointSubscriber(properties, registry, topic, first, file);
    }

    private static Duration timeout(Map<String, Object> properties) {
        String name = ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG;
        Object millis =
                properties.getOrDefault(name, ConsumerConfig.configDef().defaultValues().get(name));
        return Duration.ofMillis(Long.parseLong(String.valueOf(millis)));
    }

    private static void requireOnePartition(String topic, int partitions) {
        if (partitions != 1) {
            throw new CheckpointException(
                    "topic "
                            + topic
                            + " has "
                            + partitions
                            + " partitions; expected 1, so that checkpoint events have one order");
        }
    }

    /**
     * Waits for events.
     *
     * @return what has been committed since the last call; empty if nothing within the time
     * @throws CheckpointException see {@link #read}
     * @throws SchemaRegistryException see {@link #read}
     */
    public List<CheckpointEvent> poll(Duration atMost) {
        return read(atMost).stream().map(CommittedEvent::event).toList();
    }

    /**
     * Waits for events, with their headers and offsets. Passes over records that are no checkpoint
     * event of a kind known here, and over events that repeat or contradict one that this
     * subscriber has read; logs a warning for each, and counts it ({@link #passedOver}).
     *
     * @return what has been committed since the last call; empty if nothing within the time
     * @throws CheckpointException if the next event has been deleted, or the broker refuses
     * @throws SchemaRegistryException if the registry cannot be reached, or does not know the
     *     schemas of several records in a row: the next call tries again
     */
    public List<CommittedEvent> read(Duration atMost) {
        List<CommittedEvent> events = new ArrayList<>(current);
        current.clear();
        if (!events.isEmpty()) {
            return events;
        }
        if (pending.isEmpty()) {
            fill(atMost);
        }
        while (!pending.isEmpty()) {
            try {
                Optional<CommittedEvent> event = decoder.decoded(pending.element());
                pending.remove();
                if (event.isPresent() && event.get().event().getVersion() >= firstVersion) {
                    firstVersion = 0;
                    last = event;
                    events.add(event.get());
                }
            } catch (SchemaRegistryException e) {
                if (!events.isEmpty()) {
                    return events; // those before it first; the next call fails on it again
                }
                throw e;
            }
        }
        return events;
    }

    /**
     * How many records this subscriber has passed over: others wrote them, or they repeat events.
     */
    public long passedOver() {
        return decoder.passedOver();
    }

    /**
     * Remembers in the position's file that all events handed over so far have been dealt with. The
     * file is written whole or not at all. A process that is killed before it begins again with the
     * first event that was not committed.
     *
     * @throws IllegalStateException if the subscriber was made without a file
     * @throws IOException if it cannot be written
     */
    public void commit() throws IOException {
        PositionFile file =
                position.orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "there is no file to commit to; use resuming(...)"));
        if (last.isPresent()) {
            file.write(last.get());
        }
    }

    /**
     * Asks the broker for an answer: while it is away, polling gives nothing and says nothing.
     *
     * @throws CheckpointException if it does not answer in time
     */
    public void requireBroker(Duration atMost) {
        try {
            reader.requireAnswer(atMost);
        } catch (BrokerException e) {
            throw new CheckpointException(String.valueOf(e.getMessage()), e);
        }
    }

    private void fill(Duration atMost) {
        try {
            reader.poll(atMost).forEach(pending::add);
        } catch (BrokerException e) {
            throw new CheckpointException(String.valueOf(e.getMessage()), e);
        } catch (OffsetOutOfRangeException e) {
            throw new CheckpointException(
                    partition
                            + " no longer holds the event that comes next, at offset "
                            + e.offsetOutOfRangePartitions().get(partition)
                            + ": it was deleted before it was read, or the offset is of another topic",
                    e);
        }
    }

    /**
     * Fetches the file of a role into a folder, and verifies it.
     *
     * @return path of the copy
     * @throws ArtifactMismatchException if the event names no such file, or the file differs from
     *     the event
     * @throws IOException if it cannot be read or written
     */
    public static Path fetch(CheckpointEvent event, FileRole role, Path folder) throws IOException {
        return Artifacts.fetch(event, role, folder);
    }

    /** Closes at once, also in an interrupted thread, which stays interrupted. */
    @Override
    public void close() {
        reader.close();
    }
}
