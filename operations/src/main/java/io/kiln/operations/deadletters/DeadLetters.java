package io.kiln.operations.deadletters;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.OperationException;
import io.kiln.schemas.DeadLetterHeaders;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads the dead-letter topic. Besides dead letters the topic holds marks: records without a value
 * that name a dead letter which has been replayed (see {@link DeadLetterReplay}). A mark is younger
 * than its dead letter, so retention deletes the mark later.
 */
public final class DeadLetters implements AutoCloseable {
    private final KilnConfig config;
    private final TopicReader reader;

    public DeadLetters(KilnConfig config) {
        this.config = config;
        this.reader = Clients.reader(config);
    }

    /** Whether a record of the dead-letter topic is a mark. */
    public static boolean isMark(ConsumerRecord<byte[], byte[]> record) {
        return record.headers().lastHeader(DeadLetterHeaders.REPLAYED) != null;
    }

    /** The selected dead letters, oldest first. Passes over what the masking job did not write. */
    public List<DeadLetterRecord> list(DeadLetterFilter filter) {
        NavigableMap<Long, DeadLetterRecord> deadLetters = new TreeMap<>();
        reader.read(
                extent(),
                record -> {
                    if (isMark(record)) {
                        deadLetters.computeIfPresent(marked(record), (o, l) -> l.asReplayed());
                    } else {
                        parsed(record)
                                .ifPresent(letter -> deadLetters.put(letter.offset(), letter));
                    }
                });
        return deadLetters.values().stream().filter(filter::matches).toList();
    }

    /**
     * One dead letter, replayed or not.
     *
     * @throws OperationException if there is none at this offset
     */
    public DeadLetterRecord get(long offset) {
        DeadLetterFilter at =
                new DeadLetterFilter(Set.of(offset), Set.of(), Instant.MIN, Instant.MAX, "");
        return list(at).stream()
                .findFirst()
                .orElseThrow(
                        () ->
                                new OperationException(
                                        "topic "
                                                + config.topics().deadLetters()
                                                + " has no dead letter at offset "
                                                + offset
                                                + "; kiln dlq list --replayed lists all offsets"));
    }

    /** Passes the records of dead letters to an action, in the order of their offsets. */
    void read(List<DeadLetterRecord> deadLetters, Consumer<ConsumerRecord<byte[], byte[]>> action) {
        if (deadLetters.isEmpty()) {
            return;
        }
        NavigableSet<Long> offsets = new TreeSet<>();
        deadLetters.forEach(deadLetter -> offsets.add(deadLetter.offset()));
        TopicPartition partition = new TopicPartition(config.topics().deadLetters(), 0);
        long end = offsets.last() + 1;
        reader.read(
                new Extent(Map.of(partition, offsets.first()), Map.of(partition, end)),
                record -> {
                    if (offsets.contains(record.offset())) {
                        action.accept(record);
                    }
                });
    }

    /**
     * The image that a dead letter holds: the content of its ImageRecord, or the whole value if
     * that is not an ImageRecord. Empty if the dead letter has no value.
     */
    public Optional<byte[]> image(DeadLetterRecord deadLetter) {
        List<byte[]> values = new ArrayList<>();
        read(List.of(deadLetter), record -> add(record.value(), values));
        return values.stream().findFirst().map(this::content);
    }

    private static void add(byte @Nullable [] value, List<byte[]> values) {
        if (value != null) {
            values.add(value);
        }
    }

    private byte[] content(byte[] value) {
        try {
            ByteBuffer content =
                    new RecordDeserializer<>(
                                    Clients.registry(config),
                                    ImageRecord.class,
                                    config.topics().images())
                            .read(value)
                            .getContent();
            byte[] copy = new byte[content.remaining()];
            content.get(copy);
            return copy;
        } catch (RecordFormatException e) {
            return value; // it may be a dead letter for this reason
        }
    }

    private Extent extent() {
        return reader.extent(config.topics().deadLetters());
    }

    /** Reads a dead letter; empty, with a warning, if the masking job did not write the record. */
    public static Optional<DeadLetterRecord> parsed(ConsumerRecord<byte[], byte[]> record) {
        try {
            return Optional.of(DeadLetterRecord.of(record));
        } catch (IllegalArgumentException e) {
            ForeignRecords.passedOver(
                    record,
                    "it is not a dead letter: "
                            + e.getMessage()
                            + "; expected the headers that the masking job writes");
            return Optional.empty();
        }
    }

    /** The offset that a mark names; -1, with a warning, if it names none. */
    private static long marked(ConsumerRecord<byte[], byte[]> record) {
        String offset = DeadLetterHeaders.text(record, DeadLetterHeaders.REPLAYED).orElse("");
        try {
            return Long.parseLong(offset);
        } catch (NumberFormatException e) {
            ForeignRecords.passedOver(record, "it marks \"" + offset + "\" as replayed");
            return -1;
        }
    }

    @Override
    public void close() {
        reader.close();
    }
}
