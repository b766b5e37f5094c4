package io.kiln.training.state;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.training.Trainer;
import io.kiln.model.weights.WeightFileException;
import io.kiln.training.input.TrainerPartitions;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The training operator's state as one stream: its version, the settings it belongs to, the run's
 * progress, the trainer.
 *
 * <p>Version 1 had a mark of its own in place of the version, and of the settings the hash alone.
 * It can still be read.
 */
public final class OperatorState {
    /** Version of what {@link #snapshot} writes. */
    static final int VERSION = 2;

    private static final int MARK_OF_VERSION_1 = 0x4b494c4e;
    private static final int MARK = 0x4b494c53;

    private OperatorState() {}

    /** Copies the state, so that it can be written while training goes on. */
    public static StateSnapshot snapshot(KilnConfig config, RunProgress progress, Trainer trainer) {
        try {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            DataOutputStream data = new DataOutputStream(head);
            data.writeInt(MARK);
            data.writeInt(VERSION);
            StateSettings.of(config).write(data);
            progress.write(data);
            return new StateSnapshot(head.toByteArray(), trainer.snapshot());
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }

    /**
     * What was read.
     *
     * @param progress of the run
     * @param trainer as it was; the reader's to close
     */
    public record Restored(RunProgress progress, Trainer trainer) {}

    /**
     * Reads a state.
     *
     * @throws NonRecoverableJobException if the state is another kind's, a later version's, or of
     *     another configuration
     * @throws IOException if it cannot be read
     */
    public static Restored read(InputStream in, KilnConfig config) throws IOException {
        DataInputStream data = new DataInputStream(new BufferedInputStream(in, 1 << 16));
        int mark = data.readInt();
        if (mark == MARK_OF_VERSION_1) {
            requireHash(data.readUTF(), ConfigurationHash.of(config));
        } else if (mark == MARK) {
            requireKnown(data.readInt());
            StateSettings.read(data).requireFits(config);
        } else {
            throw new NonRecoverableJobException(
                    "the restored state is not a training operator's; expected a checkpoint or"
                            + " savepoint of the training job");
        }
        RunProgress progress = RunProgress.read(data, TrainerPartitions.of(config));
        try {
            return new Restored(progress, Trainer.restore(ModelSettings.of(config), data));
        } catch (WeightFileException e) {
            throw new NonRecoverableJobException(String.valueOf(e.getMessage()));
        }
    }

    private static void requireKnown(int version) {
        if (version < VERSION) {
            throw new NonRecoverableJobException(
                    "the training state says it is of version " + version + ", which never was");
        }
        if (version > VERSION) {
            throw new NonRecoverableJobException(
                    "the training state has version "
                            + version
                            + "; this Kiln reads 1 to "
                            + VERSION
                            + ". It was written by a later Kiln: go on with that one");
        }
    }

    private static void requireHash(String found, String expected) {
        if (!found.equals(expected)) {
            throw new NonRecoverableJobException(
                    "this training state, of version 1, was trained with another configuration (hash "
                            + found
                            + ", configured is "
                            + expected
                            + "); version 1 does not tell which key of input, masking.seed, masking.maskRatio, model,"
                            + " training.seed, training.precision or training.optimiser differs. Set it back, or start"
                            + " without the state under another training.runId");
        }
    }
}
