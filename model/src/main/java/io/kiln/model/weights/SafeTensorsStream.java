package io.kiln.model.weights;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/** A safetensors file read from a stream, one tensor at a time, in the order of the data. */
public final class SafeTensorsStream {
    private final DataInputStream in;
    private final SafeTensorsHeader header;
    private int next;

    private SafeTensorsStream(DataInputStream in, SafeTensorsHeader header) {
        this.in = in;
        this.header = header;
    }

    /**
     * Reads the header.
     *
     * @throws WeightFileException if there is no sound one
     */
    public static SafeTensorsStream open(InputStream stream) throws IOException {
        DataInputStream in = new DataInputStream(stream);
        try {
            long length = Long.reverseBytes(in.readLong());
            if (length < 2 || length > SafeTensorsHeader.LONGEST) {
                throw new WeightFileException(
                        "the header is said to be "
                                + length
                                + " bytes long; expected 2 to "
                                + SafeTensorsHeader.LONGEST);
            }
            byte[] bytes = in.readNBytes((int) length);
            if (bytes.length < length) {
                throw new EOFException();
            }
            return new SafeTensorsStream(in, SafeTensorsHeader.parse(bytes));
        } catch (EOFException e) {
            throw new WeightFileException("the stream ended within the safetensors header", e);
        }
    }

    /** Free text by name. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** What follows, in order. Compare it with what is expected before reading values. */
    public List<TensorHeader> tensors() {
        return List.copyOf(header.tensors());
    }

    /**
     * Reads the values of the next tensor, little-endian.
     *
     * @throws WeightFileException if the stream ends before
     */
    public ByteBuffer next() throws IOException {
        TensorHeader tensor = header.tensors().get(next++);
        byte[] bytes = in.readNBytes(Math.toIntExact(tensor.end() - tensor.begin()));
        if (bytes.length < tensor.end() - tensor.begin()) {
            throw new WeightFileException("the stream ended within tensor " + tensor.name());
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
