package io.kiln.training.state;

import io.kiln.model.training.TrainerSnapshot;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The training operator's state at one moment.
 *
 * @param head everything before the trainer's state; kilobytes and the batches that wait
 * @param trainer the network with its optimiser, in the engine's memory
 */
@SuppressWarnings("ArrayRecordComponent") // written, never compared
public record StateSnapshot(byte[] head, TrainerSnapshot trainer) implements AutoCloseable {
    /** Length of the whole state. */
    public long bytes() {
        return head.length + trainer.bytes();
    }

    void write(OutputStream out) throws IOException {
        out.write(head);
        trainer.write(out);
    }

    @Override
    public void close() {
        trainer.close();
    }
}
