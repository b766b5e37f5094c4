package io.kiln.schemas;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads records in the registry's standard wire format, written with any compatible schema: the one
 * place that decides which bytes are a record of Kiln's. Thread-safe, Serializable.
 *
 * <p>The record is at fault ({@link RecordFormatException}) if it has no value, is not in the wire
 * format, was written with a schema that is no Avro or not compatible, is damaged, or holds what
 * Kiln never writes. A registry that does not answer is not the record's fault ({@link
 * SchemaRegistryException}). An id that the registry does not know, also after
 * registry.connectTimeout, is the record's fault only while the registry knows the topic's subject
 * and no more than registry.unknownIds such records come in a row ({@link UnknownSchemaException}
 * otherwise).
 *
 * @param <T> the record's type
 */
public final class RecordDeserializer<T extends SpecificRecord>
        implements Deserializer<T>, Serializable {
    private static final long serialVersionUID = 1L;

    static {
        TrustedRecords.declare();
    }

    private final SchemaRegistry registry;
    private final Class<T> type;
    private final String topic;
    private final AtomicInteger unknownIdsInARow = new AtomicInteger();

    /** For a topic without a subject: an unknown id is never the record's fault. */
    public RecordDeserializer(SchemaRegistry registry, Class<T> type) {
        this(registry, type, "");
    }

    /**
     * @param topic that the records are read from
     */
    public RecordDeserializer(SchemaRegistry registry, Class<T> type, String topic) {
        this.registry = registry;
        this.type = type;
        this.topic = topic;
    }

    /**
     * @throws RecordFormatException if the bytes are not such a record: the record is at fault
     * @throws SchemaRegistryException if the registry cannot be reached: the record may be valid
     */
    @Override
    public @Nullable T deserialize(String from, byte @Nullable [] bytes) {
        return bytes == null ? null : read(bytes);
    }

    /**
     * Reads a record, or passes over it with a warning if Kiln did not write it.
     *
     * @return empty if it was passed over
     * @throws SchemaRegistryException if the registry cannot be reached: the record may be valid
     */
    public Optional<T> readOrPassOver(ConsumerRecord<byte[], byte[]> record) {
        try {
            return Optional.of(read(record));
        } catch (RecordFormatException e) {
            ForeignRecords.passedOver(record, String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /**
     * Reads one record with its headers: a checkpoint event must carry those of CloudEvents.
     *
     * @throws RecordFormatException if it is not such a record: the record is at fault
     * @throws SchemaRegistryException if the registry cannot be reached: the record may be valid
     */
    public T read(ConsumerRecord<byte[], byte[]> record) {
        T value = read(record.value());
        if (value instanceof CheckpointEvent) {
            CloudEventHeaders.read(record.headers());
        }
        return value;
    }

    /**
     * Reads one value.
     *
     * @throws RecordFormatException if the bytes are not such a record: the record is at fault
     * @throws SchemaRegistryException if the registry cannot be reached: the record may be valid
     */
    public T read(byte @Nullable [] bytes) {
        if (bytes == null) {
            throw new RecordFormatException(
                    "it has no value; expected a record of type " + type.getSimpleName());
        }
        if (bytes.length < RecordSerializer.PREFIX_BYTES || bytes[0] != RecordSerializer.MAGIC) {
            throw new RecordFormatException(
                    "not a record in the schema registry's wire format: expected a zero byte and a 4-byte"
                            + " schema id, found "
                            + bytes.length
                            + " bytes"
                            + (bytes.length > 0 ? " that begin with " + bytes[0] : ""));
        }
        T value = read(bytes, writer(ByteBuffer.wrap(bytes).getInt(1)), type);
        RecordChecks.require(value);
        unknownIdsInARow.set(0);
        return value;
    }

    private Schema writer(int id) {
        try {
            return registry.schema(id);
        } catch (UnknownSchemaException e) {
            if (!topic.isEmpty()
                    && registry.knows(topic + "-value")
                    && unknownIdsInARow.incrementAndGet() <= registry.unknownIds()) {
                throw new RecordFormatException(String.valueOf(e.getMessage()), e);
            }
            throw new UnknownSchemaException(
                    e.getMessage()
                            + ". The registry may have lost its schemas, so nothing is refused or passed over"
                            + " for it. If it has, restore them. If others wrote the records, raise"
                            + " registry.unknownIds",
                    e);
        }
    }

    /**
     * Reads one record without the registry, whatever schema id it carries.
     *
     * @param bytes in the wire format
     * @param writer the schema that the record was written with
     * @throws RecordFormatException if the bytes are not such a record
     */
    public static <T extends SpecificRecord> T read(byte[] bytes, Schema writer, Class<T> type) {
        Schema reader = SpecificData.get().getSchema(type);
        try {
            BinaryDecoder decoder =
                    DecoderFactory.get()
                            .binaryDecoder(
                                    bytes,
                                    RecordSerializer.PREFIX_BYTES,
                                    bytes.length - RecordSerializer.PREFIX_BYTES,
                                    null);
            T value = new SpecificDatumReader<T>(writer, reader).read(null, decoder);
            if (!decoder.isEnd()) {
                throw new IOException("bytes follow behind the record");
            }
            return value;
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // Avro answers hostile bytes with many kinds of exceptions.
            throw new RecordFormatException(
                    "not a "
                            + type.getSimpleName()
                            + " written as "
                            + writer.getFullName()
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }
}
