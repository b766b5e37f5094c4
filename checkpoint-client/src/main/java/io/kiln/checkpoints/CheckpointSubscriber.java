package io.kiln.checkpoints;

import io.kiln.schemas.BrokerException;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.RunEvents;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SchemaRegistryException;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads checkpoint events as they are committed, each once and in order, and fetches their files.
 * Not thread-safe.
 */
public final class CheckpointSubscriber implements AutoCloseable {
    /** The event to begin with. */
    public static final class Start {
        /** With the first event that the topic holds. */
        public static final Start BEGINNING = new Start(0, 0);

        /** With the next event to be committed. */
        public static final Start END = new Start(-1, 0);

        /**
         * With the version of each model that should be in use, see {@link CurrentVersion}, and
         * then with the next event to be committed.
         */
        public static final Start CURRENT = new Start(-2, 0);

        private final long offset;
        private final long version;

        private Start(long offset, long version) {
            this.offset = offset;
            this.version = version;
        }

        private Map<TopicPartition, Long> in(Extent topic) {
            if (equals(END) || equals(CURRENT)) {
                return topic.ends();
            }
            return offset == 0
                    ? topic.begins()
                    : topic.from(Map.of(topic.begins().keySet().iterator().next(), offset))
                            .begins();
        }

        /** With the first event of this version or a later one; all after it follow. */
        public static Start version(long version) {
            if (version < 1) {
                throw new IllegalArgumentException(
                        "version: " + version + " is not allowed; expected 1 or more");
            }
            return new Start(0, version);
        }

        /** With the event after one that was seen before, see {@link CommittedEvent#offset}. */
        public static Start after(long offset) {
            if (offset < 0) {
                throw new IllegalArgumentException(
                        "offset: " + offset + " is not allowed; expected 0 or more");
            }
            return new Start(offset + 1, 0);
        }
    }

    private final TopicReader reader;
    private final TopicPartition partition;
    private final RecordDeserializer<CheckpointEvent> deserializer;
    private final Queue<ConsumerRecord<byte[], byte[]>> pending = new ArrayDeque<>();
    private final List<CommittedEvent> current = new ArrayList<>();
    private final RunEvents order = RunEvents.fromLater();
    private long firstVersion;
    private long passedOver;

    /**
     * Connects.
     *
     * @param properties of the Kafka consumer: bootstrap.servers, and default.api.timeout.ms for
     *     how long to wait for a broker (a minute if not given)
     * @param topic of checkpoint events
     * @throws CheckpointException if no broker answers, or it has no such topic of one partition
     */
    public CheckpointSubscriber(
            Map<String, Object> properties, SchemaRegistry registry, String topic, Start start) {
        this.partition = new TopicPartition(topic, 0);
        this.deserializer = new RecordDeserializer<>(registry, CheckpointEvent.class, topic);
        this.firstVersion = start.version;
        try {
            this.reader = TopicReader.committed(properties, timeout(properties));
        } catch (BrokerException e) {
            throw new CheckpointException(String.valueOf(e.getMessage()), e);
        }
        try {
            Extent extent = reader.extent(topic);
            requireOnePartition(topic, extent.begins().size());
            if (start.equals(Start.CURRENT)) {
                readCurrent(extent);
            }
            reader.seek(start.in(extent));
        } catch (BrokerException e) {
            close();
            throw new CheckpointException(String.valueOf(e.getMessage()), e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
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
     * @throws CheckpointException if the next event has been deleted
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
                Optional<CommittedEvent> event = decoded(pending.element());
                pending.remove();
                if (event.isPresent() && event.get().event().getVersion() >= firstVersion) {
                    firstVersion = 0;
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
        return passedOver;
    }

    private void readCurrent(Extent extent) {
        Map<String, CurrentVersion> versions = new TreeMap<>();
        Map<String, CommittedEvent> events = new HashMap<>();
        reader.read(
                extent,
                record ->
                        decoded(record)
                                .ifPresent(
                                        committed -> {
                                            CheckpointEvent event = committed.event();
                                            events.put(event.getEventId(), committed);
                                            versions.computeIfAbsent(
                                                            event.getModel(), CurrentVersion::new)
                                                    .add(event);
                                        }));
        for (CurrentVersion version : versions.values()) {
            version.event().ifPresent(event -> current.add(events.get(event.getEventId())));
        }
    }

    private void fill(Duration atMost) {
        try {
            reader.poll(atMost).forEach(pending::add);
        } catch (OffsetOutOfRangeException e) {
            throw new CheckpointException(
                    partition
                            + " no longer holds the event that comes next, at offset "
                            + e.offsetOutOfRangePartitions().get(partition)
                            + ": it was deleted before it was read, or the offset is of another topic",
                    e);
        }
    }

    private Optional<CommittedEvent> decoded(ConsumerRecord<byte[], byte[]> record) {
        String reason;
        try {
            CheckpointEvent event = deserializer.read(record);
            Optional<String> refusal = order.add(event);
            if (refusal.isEmpty()) {
                CloudEventHeaders headers = CloudEventHeaders.read(record.headers());
                return Optional.of(new CommittedEvent(event, headers, record.offset()));
            }
            reason = refusal.get();
        } catch (RecordFormatException e) {
            reason = String.valueOf(e.getMessage());
        }
        ForeignRecords.passedOver(record, reason);
        passedOver++;
        return Optional.empty();
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
        CheckpointFile file =
                CheckpointEvents.file(event, role)
                        .orElseThrow(
                                () ->
                                        new ArtifactMismatchException(
                                                "event "
                                                        + event.getEventId()
                                                        + " has no file of role "
                                                        + role));
        String name = file.getUri().substring(file.getUri().lastIndexOf('/') + 1);
        String model =
                event.getModel()
                        .replaceAll("[^a-zA-Z0-9._-]", "_"); // so that the file stays in the folder
        return Artifacts.fetch(
                file, folder.resolve(model + "-v" + event.getVersion() + "-" + name));
    }

    /** Closes at once, also in an interrupted thread, which stays interrupted. */
    @Override
    public void close() {
        reader.close();
    }
}
