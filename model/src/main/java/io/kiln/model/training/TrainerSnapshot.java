package io.kiln.model.training;

import ai.djl.ndarray.NDManager;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorHeader;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/**
 * What a trainer was at one moment, in the engine's memory and not on Java's heap. Belongs to
 * nobody: may be written and closed on any one thread.
 */
public final class TrainerSnapshot implements AutoCloseable {
    private final SafeTensorsWriter writer;
    private final Map<String, String> metadata;
    private final NDManager owner;

    TrainerSnapshot(SafeTensorsWriter writer, Map<String, String> metadata, NDManager owner) {
        this.writer = writer;
        this.metadata = metadata;
        this.owner = owner;
    }

    /** Bytes of all tensors. */
    public long bytes() {
        List<TensorHeader> tensors = writer.headers();
        return tensors.isEmpty() ? 0 : tensors.get(tensors.size() - 1).end();
    }

    /** Writes what {@link Trainer#load} reads, one tensor at a time. */
    public void write(OutputStream out) throws IOException {
        writer.write(out, metadata);
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        owner.close();
    }
}
