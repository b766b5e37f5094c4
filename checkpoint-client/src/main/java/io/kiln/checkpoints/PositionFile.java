package io.kiln.checkpoints;

import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The last event that a subscriber has dealt with. Its id is kept beside its offset, so that a
 * topic that was made again is not taken for the old one.
 */
final class PositionFile {
    private final Path file;
    private final String topic;

    PositionFile(Path file, String topic) {
        this.file = file;
        this.topic = topic;
    }

    /** What the file holds. */
    record Position(Path file, long offset, String eventId) {
        /**
         * Requires that a topic still holds the event.
         *
         * @throws CheckpointException if it does not
         */
        void require(TopicReader reader, Extent topic, EventDecoder decoder) {
            TopicPartition partition = topic.begins().keySet().iterator().next();
            long begin = topic.begins().getOrDefault(partition, 0L);
            long end = topic.ends().getOrDefault(partition, 0L);
            if (offset < begin || offset >= end) {
                throw problem(partition + " holds offsets " + begin + " to " + (end - 1));
            }
            List<String> found = new ArrayList<>();
            reader.read(
                    new Extent(Map.of(partition, offset), Map.of(partition, offset + 1)),
                    record ->
                            decoder.decoded(record)
                                    .ifPresent(one -> found.add(one.event().getEventId())));
            if (!found.equals(List.of(eventId))) {
                throw problem("there is " + (found.isEmpty() ? "no event" : found.get(0)));
            }
        }

        private CheckpointException problem(String found) {
            return new CheckpointException(
                    "the position in "
                            + file
                            + " is event "
                            + eventId
                            + " at offset "
                            + offset
                            + ", but "
                            + found
                            + ": the topic was made again or has deleted it. Delete the file to"
                            + " begin anew");
        }
    }

    /**
     * Reads the position; empty if none was written yet.
     *
     * @throws CheckpointException if the file holds none of this topic
     */
    Optional<Position> read() {
        Properties values = new Properties();
        try {
            values.load(new StringReader(Files.readString(file)));
            if (!topic.equals(values.getProperty("topic"))) {
                throw problem("is of topic " + values.getProperty("topic"), null);
            }
            long offset = Long.parseLong(values.getProperty("offset"));
            String eventId = values.getProperty("eventId", "");
            if (offset < 0 || eventId.isEmpty()) {
                throw problem("has no event", null);
            }
            return Optional.of(new Position(file, offset, eventId));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            throw problem("cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private CheckpointException problem(String found, @Nullable Throwable cause) {
        String message =
                "the position in "
                        + file
                        + " "
                        + found
                        + "; expected one of topic "
                        + topic
                        + ". Delete the file to begin anew";
        return cause == null
                ? new CheckpointException(message)
                : new CheckpointException(message, cause);
    }

    /** Writes a position; the file holds the old one or the new one, also after a crash. */
    void write(CommittedEvent event) throws IOException {
        Path whole = file.toAbsolutePath();
        Path partial = whole.resolveSibling("." + whole.getFileName() + ".partial");
        Path parent = whole.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        ByteBuffer text = StandardCharsets.UTF_8.encode(text(event));
        try (FileChannel channel =
                FileChannel.open(
                        partial,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            while (text.hasRemaining()) {
                channel.write(text);
            }
            channel.force(true);
        }
        Files.move(
                partial,
                whole,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private String text(CommittedEvent event) throws IOException {
        Properties values = new Properties();
        values.setProperty("topic", topic);
        values.setProperty("offset", Long.toString(event.offset()));
        values.setProperty("eventId", event.event().getEventId());
        StringWriter text = new StringWriter();
        values.store(text, null);
        return text.toString();
    }
}
