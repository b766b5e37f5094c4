package io.kiln.model.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A safetensors file, read through memory mappings: nothing but its header takes heap. */
public final class SafeTensorsFile implements AutoCloseable {
    private static final int LENGTH_BYTES = 8;

    private final Path path;
    private final FileChannel channel;
    private final long dataStart;
    private final Map<String, String> metadata;
    private final Map<String, TensorHeader> tensors = new LinkedHashMap<>();

    private SafeTensorsFile(
            Path path, FileChannel channel, long dataStart, SafeTensorsHeader header) {
        this.path = path;
        this.channel = channel;
        this.dataStart = dataStart;
        this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(header.metadata()));
        header.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    }

    /**
     * Opens a file and checks its header.
     *
     * @throws WeightFileException if it is not a sound safetensors file; the message names the file
     *     and what is wrong
     * @throws IOException if it cannot be read
     */
    public static SafeTensorsFile open(Path path) throws IOException {
        FileChannel channel = FileChannel.open(path);
        try {
            byte[] header = header(channel);
            long dataStart = LENGTH_BYTES + (long) header.length;
            return new SafeTensorsFile(
                    path,
                    channel,
                    dataStart,
                    SafeTensorsHeader.parse(header).requireData(channel.size() - dataStart));
        } catch (WeightFileException e) {
            channel.close();
            throw new WeightFileException(path + ": " + e.getMessage(), e);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static byte[] header(FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < LENGTH_BYTES) {
            throw new WeightFileException(size + " bytes are too few for a safetensors file");
        }
        ByteBuffer length = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        readFully(channel, length, 0);
        long bytes = length.getLong(0);
        if (bytes < 2 || bytes > SafeTensorsHeader.LONGEST || bytes > size - LENGTH_BYTES) {
            throw new WeightFileException(
                    "the header is said to be "
                            + bytes
                            + " bytes long; expected 2 to "
                            + Math.min(SafeTensorsHeader.LONGEST, size - LENGTH_BYTES));
        }
        ByteBuffer header = ByteBuffer.allocate((int) bytes);
        readFully(channel, header, LENGTH_BYTES);
        return header.array();
    }

    private static void readFully(FileChannel channel, ByteBuffer buffer, long position)
            throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new WeightFileException("the file ended while its header was read");
            }
        }
    }

    /** Free text by name, in the order of the file. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** What the file holds, in the order of the data. */
    public List<TensorHeader> tensors() {
        return List.copyOf(tensors.values());
    }

    /** What the header says of a tensor. */
    public Optional<TensorHeader> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /**
     * Values of a tensor, mapped from the file, little-endian.
     *
     * @throws WeightFileException if there is no such tensor, or it is too large for one buffer (2
     *     GiB)
     */
    public ByteBuffer data(String name) throws IOException {
        TensorHeader tensor = tensors.get(name);
        if (tensor == null) {
            throw new WeightFileException(path + ": there is no tensor " + name);
        }
        long bytes = tensor.end() - tensor.begin();
        if (bytes > Integer.MAX_VALUE) {
            throw new WeightFileException(
                    path
                            + ": tensor "
                            + name
                            + " is "
                            + bytes
                            + " bytes long; expected less than 2 GiB");
        }
        return channel.map(FileChannel.MapMode.READ_ONLY, dataStart + tensor.begin(), bytes)
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Values of a tensor of any floating-point type, or of whole numbers, as doubles.
     *
     * @throws WeightFileException as {@link #data} does
     */
    public double[] doubles(String name) throws IOException {
        ByteBuffer data = data(name);
        return TensorValues.toDoubles(data, tensor(name).orElseThrow().type());
    }

    /** Where the file is. */
    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
