package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.SchemaRegistryException;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.UnknownSchemaException;
import java.io.Serializable;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of a topic in a job, as {@link RecordDeserializer} does. A registry that has
 * lost its schemas stops the job for good: a restart would not bring them back, and going on would
 * refuse every record.
 *
 * @param <T> the record's type
 */
public final class JobRecords<T extends SpecificRecord> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String topic;
    private final RecordDeserializer<T> deserializer;

    public JobRecords(KilnConfig config, Class<T> type, String topic) {
        this.topic = topic;
        this.deserializer = new RecordDeserializer<>(Clients.registry(config), type, topic);
    }

    /**
     * Reads one value.
     *
     * @throws RecordFormatException if the record is at fault
     * @throws SchemaRegistryException if the registry cannot be reached
     * @throws NonRecoverableJobException if the registry has lost its schemas
     */
    public T read(byte @Nullable [] value) {
        return stoppingForGood(() -> deserializer.read(value));
    }

    /**
     * Reads a record, or passes over it with a warning if Kiln did not write it.
     *
     * @return empty if it was passed over
     * @throws SchemaRegistryException if the registry cannot be reached
     * @throws NonRecoverableJobException if the registry has lost its schemas
     */
    public Optional<T> readOrPassOver(ConsumerRecord<byte[], byte[]> record) {
        return stoppingForGood(() -> deserializer.readOrPassOver(record));
    }

    /**
     * Reads all that the topic holds, in order, and passes over what Kiln did not write.
     *
     * @throws BrokerException if no broker answers
     * @throws SchemaRegistryException if the registry cannot be reached
     * @throws NonRecoverableJobException if the registry has lost its schemas
     */
    public void readAll(KilnConfig config, Consumer<T> reader) {
        try (TopicReader records = Clients.reader(config)) {
            records.read(records.extent(topic), record -> readOrPassOver(record).ifPresent(reader));
        }
    }

    private static <R> R stoppingForGood(Supplier<R> read) {
        try {
            return read.get();
        } catch (UnknownSchemaException e) {
            throw new NonRecoverableJobException(String.valueOf(e.getMessage()));
        }
    }
}
