package io.kiln.operations.deadletters;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.TopicReader;
import io.kiln.kafka.TopicReader.Extent;
import io.kiln.operations.OperationException;
import io.kiln.schemas.DeadLetterHeaders;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

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

/**
 * Reads the dead-letter topic. Beside letters it holds marks: records without a value that name a
 * letter which has been sent again (see {@link Replay}). A mark is younger than its letter, so that
 * retention deletes it later.
 */
public final class DeadLetters implements AutoCloseable {
    private final KilnConfig config;
    private final TopicReader reader;

    public DeadLetters(KilnConfig config) {
        this.config = config;
        this.reader = new TopicReader(Clients.properties(config), config.kafka().connectTimeout());
    }

    /** Whether a record of the dead-letter topic is a mark and no letter. */
    public static boolean isMark(ConsumerRecord<byte[], byte[]> record) {
        return record.headers().lastHeader(DeadLetterHeaders.REPLAYED) != null;
    }

    /** The letters that are meant, oldest first. */
    public List<DeadLetterRecord> list(DeadLetterFilter filter) {
        NavigableMap<Long, DeadLetterRecord> letters = new TreeMap<>();
        reader.read(
                extent(),
                record -> {
                    if (isMark(record)) {
                        letters.computeIfPresent(marked(record), (o, l) -> l.asReplayed());
                    } else {
                        letters.put(record.offset(), letter(record));
                    }
                });
        return letters.values().stream().filter(filter::matches).toList();
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

    /** Shows the records of letters in the order of their offsets. */
    void read(List<DeadLetterRecord> letters, Consumer<ConsumerRecord<byte[], byte[]>> action) {
        if (letters.isEmpty()) {
            return;
        }
        NavigableSet<Long> offsets = new TreeSet<>();
        letters.forEach(letter -> offsets.add(letter.offset()));
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
     * The picture that a letter holds: the content of its ImageRecord, or the value as it is where
     * that is no such record. Empty if the letter holds no value.
     */
    public Optional<byte[]> picture(DeadLetterRecord letter) {
        List<byte[]> values = new ArrayList<>();
        read(List.of(letter), record -> keep(record.value(), values));
        return values.stream().findFirst().map(this::content);
    }

    private static void keep(byte @Nullable [] value, List<byte[]> values) {
        if (value != null) {
            values.add(value);
        }
    }

    private byte[] content(byte[] value) {
        try {
            ByteBuffer content =
                    new RecordDeserializer<>(Clients.registry(config), ImageRecord.class)
                            .read(value)
                            .getContent();
            byte[] copy = new byte[content.remaining()];
            content.get(copy);
            return copy;
        } catch (RecordFormatException e) {
            return value; // which may be why it is a dead letter
        }
    }

    private Extent extent() {
        return reader.extent(config.topics().deadLetters());
    }

    private static DeadLetterRecord letter(ConsumerRecord<byte[], byte[]> record) {
        try {
            return DeadLetterRecord.of(record);
        } catch (IllegalArgumentException e) {
            throw new OperationException(
                    record.topic()
                            + " offset "
                            + record.offset()
                            + " is no dead letter: "
                            + e.getMessage()
                            + "; expected the headers that the masking job writes. Is"
                            + " topics.deadLetters right?",
                    e);
        }
    }

    private static long marked(ConsumerRecord<byte[], byte[]> record) {
        return Long.parseLong(
                DeadLetterHeaders.text(record, DeadLetterHeaders.REPLAYED).orElse("-1"));
    }

    @Override
    public void close() {
        reader.close();
    }
}
