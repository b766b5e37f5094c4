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
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The training operator's state as one stream: a mark, a version, the settings that the state
 * belongs to, the run's progress, and the trainer. A file of version 1 is among the tests, and
 * every later Kiln reads it. Version 2 has the last batch too; the state of a network without batch
 * norms, which needs none, is still of version 1.
 */
public final class OperatorState {
    /** The highest version that {@link #snapshot} writes. */
    static final int VERSION = 2;

    private static final int WITHOUT_LAST_BATCH = 1;

    private static final Logger LOG = LoggerFactory.getLogger(OperatorState.class);

    private static final int MARK = 0x4b494c4e;

    private OperatorState() {}

    /** Copies the state, so that it can be written while training goes on. */
    public static StateSnapshot snapshot(KilnConfig config, RunProgress progress, Trainer trainer) {
        try {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            DataOutputStream data = new DataOutputStream(head);
            data.writeInt(MARK);
            data.writeInt(progress.keepsLastBatch() ? VERSION : WITHOUT_LAST_BATCH);
            StateSettings.of(config, progress.masking(config)).write(data);
            progress.write(data);
            return new StateSnapshot(head.toByteArray(), List.of(trainer.snapshot()));
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
        return read(buffered(in), config, 0);
    }

    /**
     * Reads the state of one of several trainers.
     *
     * @param data at whose first byte the state begins; afterwards at the byte behind it
     * @param trainer number of the trainer, from 0
     * @throws NonRecoverableJobException as {@link #read(InputStream, KilnConfig)} does
     * @throws IOException if it cannot be read
     */
    public static Restored read(DataInputStream data, KilnConfig config, int trainer)
            throws IOException {
        RunProgress progress = head(data, config, trainer);
        tellOfAddedPartitions(config, trainer, progress.seen());
        try {
            return new Restored(progress, Trainer.restore(ModelSettings.of(config), data));
        } catch (WeightFileException e) {
            throw new NonRecoverableJobException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Reads the beginning of a state: what the run has done.
     *
     * @throws NonRecoverableJobException as {@link #read} does
     * @throws IOException if it cannot be read
     */
    public static RunProgress progress(InputStream in, KilnConfig config) throws IOException {
        return head(buffered(in), config, 0);
    }

    /** The stream in the form that reading takes. */
    public static DataInputStream buffered(InputStream in) {
        return new DataInputStream(new BufferedInputStream(in, 1 << 16));
    }

    private static RunProgress head(DataInputStream data, KilnConfig config, int trainer)
            throws IOException {
        if (data.readInt() != MARK) {
            throw new NonRecoverableJobException(
                    "the restored state is not a training operator's; expected a checkpoint or"
                            + " savepoint of the training job");
        }
        int version = data.readInt();
        requireVersion(version);
        StateSettings settings = StateSettings.read(data);
        settings.requireFits(config);
        RunProgress progress =
                RunProgress.read(
                        data, TrainerPartitions.of(config, trainer), version > WITHOUT_LAST_BATCH);
        progress.masking(settings.masking(config));
        return progress;
    }

    private static void tellOfAddedPartitions(KilnConfig config, int trainer, SeenOffsets seen) {
        String topic = config.topics().sparseBatches();
        List<Integer> partitions = TrainerPartitions.of(config, trainer);
        List<Integer> added = seen.added(topic, partitions);
        if (!added.isEmpty()) {
            LOG.info(
                    "trainer {} of run {} reads partitions {} of {} for the first time, and takes one batch of each"
                            + " of {} in turn from now on. If batches waited in the others when these were added, those"
                            + " queues never get shorter; retention deletes batches that wait for longer than the"
                            + " topic keeps records (docs/how-to/upgrade.md)",
                    trainer,
                    config.training().runId(),
                    added,
                    topic,
                    partitions);
        }
    }

    private static void requireVersion(int found) {
        if (found != VERSION && found != WITHOUT_LAST_BATCH) {
            throw new NonRecoverableJobException(
                    "the training state has version "
                            + found
                            + "; this Kiln reads versions up to "
                            + VERSION
                            + ". A later Kiln wrote it: use that one");
        }
    }
}
