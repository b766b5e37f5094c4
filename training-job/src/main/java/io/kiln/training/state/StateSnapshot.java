package io.kiln.training.state;

import io.kiln.model.training.TrainerSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * The training operator's state at one moment.
 *
 * @param head everything before the trainer's state; kilobytes and the batches that wait
 * @param parts the network with its optimiser, and what a trainer among several has besides, in the
 *     engine's memory
 */
@SuppressWarnings("ArrayRecordComponent") // written, never compared
public record StateSnapshot(byte[] head, List<TrainerSnapshot> parts) implements AutoCloseable {
    /** Length of the whole state. */
    public long bytes() {
        return head.length + parts.stream().mapToLong(TrainerSnapshot::bytes).sum();
    }

    void write(OutputStream out) throws IOException {
        out.write(head);
        for (TrainerSnapshot part : parts) {
            part.write(out);
        }
    }

    @Override
    public void close() {
        parts.forEach(TrainerSnapshot::close);
    }
}
