package io.kiln.schemas;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads records in the registry's standard wire format, written with any compatible schema.
 * Thread-safe, Serializable.
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

    public RecordDeserializer(SchemaRegistry registry, Class<T> type) {
        this.registry = registry;
        this.type = type;
    }

    /**
     * @throws RecordFormatException if the bytes are not such a record: the record is at fault
     * @throws SchemaRegistryException if the registry cannot be reached: the record may be valid
     */
    @Override
    public @Nullable T deserialize(String topic, byte @Nullable [] bytes) {
        return bytes == null ? null : read(bytes);
    }

    /**
     * Reads one record, which is not null.
     *
     * @throws RecordFormatException if the bytes are not such a record: the record is at fault
     * @throws SchemaRegistryException if the registry cannot be reached: the record may be valid
     */
    public T read(byte[] bytes) {
        if (bytes.length < RecordSerializer.PREFIX_BYTES || bytes[0] != RecordSerializer.MAGIC) {
            throw new RecordFormatException(
                    "not a record in the schema registry's wire format: expected a zero byte and a 4-byte"
                            + " schema id, found "
                            + bytes.length
                            + " bytes"
                            + (bytes.length > 0 ? " that begin with " + bytes[0] : ""));
        }
        return read(bytes, registry.schema(ByteBuffer.wrap(bytes).getInt(1)), type);
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
            return new SpecificDatumReader<T>(writer, reader).read(null, decoder);
        } catch (IOException
                | AvroRuntimeException
                | IndexOutOfBoundsException
                | NegativeArraySizeException
                | UnsupportedOperationException e) {
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
