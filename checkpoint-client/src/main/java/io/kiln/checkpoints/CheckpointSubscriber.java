package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.SchemaRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads checkpoint events as they are committed, each once, in order, and fetches their files. Not
 * thread-safe, as Kafka's consumer is not.
 */
public final class CheckpointSubscriber implements AutoCloseable {
    /** Where to begin. */
    public enum Start {
        /** With the first event that the topic holds. */
        BEGINNING,
        /** With the next event to be committed. */
        END
    }

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final RecordDeserializer<CheckpointEvent> deserializer;

    /**
     * @param properties of the Kafka consumer, bootstrap.servers among them
     * @param topic of checkpoint events
     */
    public CheckpointSubscriber(
            Map<String, Object> properties, SchemaRegistry registry, String topic, Start start) {
        Map<String, Object> settings = new HashMap<>(properties);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        this.consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.deserializer = new RecordDeserializer<>(registry, CheckpointEvent.class);
        List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0));
        consumer.assign(partitions);
        if (start == Start.BEGINNING) {
            consumer.seekToBeginning(partitions);
        } else {
            consumer.seekToEnd(partitions);
            consumer.position(partitions.get(0)); // fixes the end now, not at the first poll
        }
    }

    /**
     * Waits for events.
     *
     * @return what has been committed since the last call; empty if nothing within the time
     */
    public List<CheckpointEvent> poll(Duration atMost) {
        List<CheckpointEvent> events = new ArrayList<>();
        consumer.poll(atMost).forEach(record -> events.add(deserializer.read(record.value())));
        return events;
    }

    /**
     * Fetches an event's file of a role into a folder, verified.
     *
     * @return where it is
     * @throws ArtifactMismatchException if the event has no such file, or it is not what the event
     *     says
     */
    public static Path fetch(CheckpointEvent event, FileRole role, Path folder) throws IOException {
        CheckpointFile file =
                event.getFiles().stream()
                        .filter(f -> f.getRole() == role)
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new ArtifactMismatchException(
                                                "event "
                                                        + event.getEventId()
                                                        + " has no file of role "
                                                        + role));
        String name = file.getUri().substring(file.getUri().lastIndexOf('/') + 1);
        return Artifacts.fetch(
                file, folder.resolve(event.getModel() + "-v" + event.getVersion() + "-" + name));
    }

    @Override
    public void close() {
        consumer.close();
    }
}
