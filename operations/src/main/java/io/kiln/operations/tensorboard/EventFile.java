package io.kiln.operations.tensorboard;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.zip.CRC32C;

/**
 * Writes a file of TensorBoard events: records as TFRecord frames them, each a protocol buffer
 * {@code Event} of tensorflow/core/util/event.proto. A frame is the length (8 bytes), its masked
 * CRC32C (4), the record, and the record's masked CRC32C (4), all little-endian
 * (tensorflow/core/lib/io/record_writer.h).
 */
final class EventFile implements AutoCloseable {
    private static final String VERSION = "brain.Event:2";
    private static final int MASK = 0xa282ead8;

    // Fields and wire types of Event, Summary and Summary.Value: number << 3 | type.
    private static final int WALL_TIME = 1 << 3 | 1;
    private static final int STEP = 2 << 3;
    private static final int FILE_VERSION = 3 << 3 | 2;
    private static final int SUMMARY = 5 << 3 | 2;
    private static final int VALUE = 1 << 3 | 2;
    private static final int TAG = 1 << 3 | 2;
    private static final int SIMPLE_VALUE = 2 << 3 | 5;

    private final OutputStream out;

    /** Creates a file, or replaces one. */
    EventFile(Path file, Instant begin) throws IOException {
        this.out = new BufferedOutputStream(Files.newOutputStream(file));
        ByteArrayOutputStream event = event(begin);
        bytes(event, FILE_VERSION, VERSION.getBytes(StandardCharsets.UTF_8));
        write(event.toByteArray());
    }

    /** Adds a value of a curve. */
    void scalar(Instant time, long step, String tag, double value) throws IOException {
        ByteArrayOutputStream scalar = new ByteArrayOutputStream();
        bytes(scalar, TAG, tag.getBytes(StandardCharsets.UTF_8));
        scalar.write(SIMPLE_VALUE);
        scalar.writeBytes(littleEndian(Float.BYTES).putFloat((float) value).array());
        ByteArrayOutputStream summary = new ByteArrayOutputStream();
        bytes(summary, VALUE, scalar.toByteArray());
        ByteArrayOutputStream event = event(time);
        event.write(STEP);
        varint(event, step);
        bytes(event, SUMMARY, summary.toByteArray());
        write(event.toByteArray());
    }

    private static ByteArrayOutputStream event(Instant time) {
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        event.write(WALL_TIME);
        double seconds = time.getEpochSecond() + time.getNano() / 1e9;
        event.writeBytes(littleEndian(Double.BYTES).putDouble(seconds).array());
        return event;
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
        out.write(field);
        varint(out, value.length);
        out.writeBytes(value);
    }

    /** Seven bits a byte, the lowest first; the highest bit says that more follow. */
    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        for (; (rest & ~0x7fL) != 0; rest >>>= 7) {
            out.write((int) (rest & 0x7f | 0x80));
        }
        out.write((int) rest);
    }

    private void write(byte[] record) throws IOException {
        byte[] length = littleEndian(Long.BYTES).putLong(record.length).array();
        out.write(length);
        out.write(littleEndian(Integer.BYTES).putInt(maskedCrc(length)).array());
        out.write(record);
        out.write(littleEndian(Integer.BYTES).putInt(maskedCrc(record)).array());
    }

    /** A CRC of bytes that hold their own CRC would be a poor check; hence the mask. */
    static int maskedCrc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
