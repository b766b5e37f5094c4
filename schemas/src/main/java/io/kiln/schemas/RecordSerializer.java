package io.kiln.schemas;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes records in the registry's standard wire format: a zero byte, the schema's id as big-endian
 * int32, Avro binary. The schema is registered under topic + "-value" when the first record of a
 * topic is written. Thread-safe, Serializable.
 *
 * @param <T> the record's type
 */
public final class RecordSerializer<T extends SpecificRecord>
        implements Serializer<T>, Serializable {
    private static final long serialVersionUID = 1L;

    static final byte MAGIC = 0;
    static final int PREFIX_BYTES = 5;

    static {
        TrustedRecords.declare();
    }

    private final SchemaRegistry registry;
    private final ConcurrentHashMap<String, Integer> ids = new ConcurrentHashMap<>();

    public RecordSerializer(SchemaRegistry registry) {
        this.registry = registry;
    }

    /**
     * @throws SchemaRegistryException if the schema cannot be registered
     */
    @Override
    public byte @Nullable [] serialize(String topic, @Nullable T record) {
        if (record == null) {
            return null;
        }
        int id =
                ids.computeIfAbsent(
                        topic, t -> registry.register(t + "-value", record.getSchema()));
        return write(id, record);
    }

    /**
     * Writes a record whose schema is registered already.
     *
     * @param id of the record's schema in its registry
     */
    public static <T extends SpecificRecord> byte[] write(int id, T record) {
        try {
            // A batch has megabytes. Counting its length first saves a copy of them.
            DataOutputStream length = new DataOutputStream(OutputStream.nullOutputStream());
            write(id, record, length);
            ExactBytes bytes = new ExactBytes(length.size());
            write(id, record, new DataOutputStream(bytes));
            return bytes.all();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }

    private static <T extends SpecificRecord> void write(int id, T record, DataOutputStream to)
            throws IOException {
        to.writeByte(MAGIC);
        to.writeInt(id);
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(to, null);
        new SpecificDatumWriter<T>(record.getSchema()).write(record, encoder);
    }

    /** Bytes whose number is known, without the copy at the end. */
    private static final class ExactBytes extends ByteArrayOutputStream {
        ExactBytes(int length) {
            super(length);
        }

        byte[] all() {
            if (count != buf.length) {
                throw new IllegalStateException(
                        "the record changed while it was written: expected "
                                + buf.length
                                + " bytes, found "
                                + count);
            }
            return buf;
        }
    }

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
        if (isKey) {
            throw new IllegalArgumentException(
                    "keys of Kiln's topics are plain strings; use StringSerializer for them");
        }
    }
}
