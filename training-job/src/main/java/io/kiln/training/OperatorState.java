package io.kiln.training;

import io.kiln.model.Trainer;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The training operator's state as one stream: what it belongs to, the run's progress, the trainer.
 */
final class OperatorState {
    private static final int MAGIC = 0x4b494c4e;

    private OperatorState() {}

    static void write(
            OutputStream out, String configurationHash, RunProgress progress, Trainer trainer)
            throws IOException {
        DataOutputStream data = new DataOutputStream(out);
        data.writeInt(MAGIC);
        data.writeUTF(configurationHash);
        progress.write(data);
        data.flush();
        trainer.save(out);
    }

    /**
     * Reads into a trainer.
     *
     * @throws IOException if the state is another kind's, another version's or of another
     *     configuration
     */
    static RunProgress read(InputStream in, String configurationHash, Trainer trainer)
            throws IOException {
        DataInputStream data = new DataInputStream(new BufferedInputStream(in, 1 << 16));
        if (data.readInt() != MAGIC) {
            throw new IOException("the restored state is not a training operator's");
        }
        String found = data.readUTF();
        if (!found.equals(configurationHash)) {
            throw new IOException(
                    "the restored state was trained with another configuration (hash "
                            + found
                            + ", now "
                            + configurationHash
                            + "): model, input, masking seed or optimiser changed. Restore the old configuration, or start without state under"
                            + " another training.runId");
        }
        RunProgress progress = RunProgress.read(data);
        trainer.load(data);
        return progress;
    }
}
