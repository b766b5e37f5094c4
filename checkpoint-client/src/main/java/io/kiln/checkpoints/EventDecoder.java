package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.RunEvents;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.TopicReader;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Records to the events that count, in the order of their topic. Not thread-safe. */
final class EventDecoder {
    private final RecordDeserializer<CheckpointEvent> deserializer;
    private final RunEvents order = RunEvents.fromLater();
    private long passedOver;

    EventDecoder(SchemaRegistry registry, String topic) {
        this.deserializer = new RecordDeserializer<>(registry, CheckpointEvent.class, topic);
    }

    /**
     * The event of a record; empty if it does not count, which is logged.
     *
     * @throws io.kiln.schemas.SchemaRegistryException see {@link CheckpointSubscriber#read}
     */
    Optional<CommittedEvent> decoded(ConsumerRecord<byte[], byte[]> record) {
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

    /** Reads a topic to its end; gives the event of each model that should be in use. */
    List<CommittedEvent> current(TopicReader reader, TopicReader.Extent topic) {
        Map<String, CurrentVersion> versions = new TreeMap<>();
        IdentityHashMap<CheckpointEvent, CommittedEvent> events = new IdentityHashMap<>();
        reader.read(
                topic,
                record ->
                        decoded(record)
                                .ifPresent(
                                        committed -> {
                                            CheckpointEvent event = committed.event();
                                            events.put(event, committed);
                                            versions.computeIfAbsent(
                                                            event.getModel(), CurrentVersion::new)
                                                    .add(event);
                                        }));
        List<CommittedEvent> current = new ArrayList<>();
        for (CurrentVersion version : versions.values()) {
            version.event().ifPresent(event -> current.add(events.get(event)));
        }
        return current;
    }

    /** How many records did not count. */
    long passedOver() {
        return passedOver;
    }
}
