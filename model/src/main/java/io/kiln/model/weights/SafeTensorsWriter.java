package io.kiln.model.weights;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Writes a safetensors file as a stream, one tensor at a time, in the order they are added. Equal
 * tensors and metadata give equal bytes.
 */
public final class SafeTensorsWriter {
    private record Entry(TensorHeader header, Supplier<ByteBuffer> values) {}

    private final List<Entry> entries = new ArrayList<>();
    private long end;

    /**
     * Adds a tensor.
     *
     * @param values called once, when the tensor's turn to be written comes; little-endian
     */
    public void add(String name, TensorType type, List<Long> shape, Supplier<ByteBuffer> values) {
        long bytes = shape.stream().reduce((long) type.bytes(), (a, b) -> a * b);
        entries.add(new Entry(new TensorHeader(name, type, shape, end, end + bytes), values));
        end += bytes;
    }

    /** Adds a scalar int64. */
    public void add(String name, long value) {
        add(
                name,
                TensorType.I64,
                List.of(),
                () ->
                        ByteBuffer.allocate(Long.BYTES)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .putLong(0, value));
    }

    /** What will be written, in order. */
    public List<TensorHeader> headers() {
        return entries.stream().map(Entry::header).toList();
    }

    /**
     * Writes everything.
     *
     * @param metadata written in its iteration order
     */
    public void write(OutputStream out, Map<String, String> metadata) throws IOException {
        byte[] header =
                new SafeTensorsHeader(metadata, entries.stream().map(Entry::header).toList())
                        .toBytes();
        WritableByteChannel channel = Channels.newChannel(out);
        writeFully(
                channel,
                ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(0, header.length));
        writeFully(channel, ByteBuffer.wrap(header));
        for (Entry entry : entries) {
            ByteBuffer values = entry.values.get();
            if (values.remaining() != entry.header.end() - entry.header.begin()) {
                throw new IllegalStateException(
                        "tensor "
                                + entry.header.name()
                                + " has "
                                + values.remaining()
                                + " bytes, not as announced");
            }
            writeFully(channel, values);
        }
    }

    private static void writeFully(WritableByteChannel channel, ByteBuffer bytes)
            throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
