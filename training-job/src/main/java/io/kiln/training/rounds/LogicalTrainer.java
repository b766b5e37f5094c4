package io.kiln.training.rounds;

import io.kiln.config.KilnConfig;
import io.kiln.config.RoundConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.training.RoundSettings;
import io.kiln.model.training.TrainerRound;
import io.kiln.model.weights.WeightFileException;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.Update;
import io.kiln.training.checkpoints.SeenByWeights;
import io.kiln.training.input.TrainerPartitions;
import io.kiln.training.run.TrainingRun;
import io.kiln.training.state.OperatorState;
import io.kiln.training.state.StateSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * One of several trainers of a run, apart from Flink: its network, its part in the rounds, and the
 * changes that it knows of. It is the same wherever it runs, and whichever others run beside it.
 */
public final class LogicalTrainer implements AutoCloseable {
    private static final int MARK = 0x4b524e44;
    private static final int VERSION = 2;

    private final int index;
    private final KilnConfig config;
    private final String submission;
    private final TrainingRun run;
    private final TrainerRound round;
    private final Announcements announcements;
    private final UpdateFiles files;
    private boolean announced;

    private LogicalTrainer(
            int index,
            KilnConfig config,
            String submission,
            TrainingRun run,
            Announcements announcements) {
        this.index = index;
        this.config = config;
        this.submission = submission;
        this.run = run;
        this.round = new TrainerRound(run.trainer(), settings(config));
        this.announcements = announcements;
        this.files = new UpdateFiles(config);
    }

    private static RoundSettings settings(KilnConfig config) {
        RoundConfig round = config.training().round();
        return new RoundSettings(
                config.topics().trainers(),
                round.steps(),
                RoundSettings.Outer.valueOf(round.outer().name()),
                round.rate(),
                round.momentum(),
                round.changes() == RoundConfig.Changes.BF16);
    }

    /**
     * Begins a run.
     *
     * @param index number of the trainer, from 0
     * @param submission identity of the job
     */
    public static LogicalTrainer begin(KilnConfig config, int index, String submission)
            throws IOException {
        return new LogicalTrainer(
                index,
                config,
                submission,
                TrainingRun.begin(config, index),
                new Announcements(config.topics().trainers()));
    }

    /**
     * Goes on from what {@link #snapshot} copied.
     *
     * @throws NonRecoverableJobException if the state is another kind's, another version's or of
     *     another configuration
     * @throws IOException if it cannot be read
     */
    public static LogicalTrainer restore(
            KilnConfig config, int index, String submission, InputStream state) throws IOException {
        DataInputStream in = OperatorState.buffered(state);
        if (in.readInt() != MARK || in.readInt() != VERSION) {
            throw new NonRecoverableJobException(
                    "the restored state is not that of one of several trainers, or another version of Kiln wrote it;"
                            + " expected a checkpoint or savepoint of this run");
        }
        Announcements announcements = new Announcements(config.topics().trainers());
        announcements.read(in);
        LogicalTrainer trainer =
                new LogicalTrainer(
                        index,
                        config,
                        submission,
                        TrainingRun.restore(config, in, index),
                        announcements);
        try {
            trainer.round.load(in);
            return trainer;
        } catch (WeightFileException e) {
            trainer.close();
            throw new NonRecoverableJobException(String.valueOf(e.getMessage()));
        }
    }

    /** Copies everything that {@link #restore} needs. */
    public StateSnapshot snapshot() {
        try {
            StateSnapshot alone = run.snapshot();
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            DataOutputStream data = new DataOutputStream(head);
            data.writeInt(MARK);
            data.writeInt(VERSION);
            announcements.write(data);
            data.write(alone.head());
            return new StateSnapshot(
                    head.toByteArray(), List.of(alone.parts().get(0), round.snapshot()));
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }

    /** Number of the trainer, from 0. */
    public int index() {
        return index;
    }

    /** The network in training, and what it has done. */
    public TrainingRun run() {
        return run;
    }

    /** The partitions of sparse-batches that it learns from. */
    public List<Integer> partitions() {
        return TrainerPartitions.of(config, index);
    }

    /** Offset of the last batch of a partition that it was trained on or holds; −1 before it. */
    public long lastTaken(String topic, int partition) {
        return Math.max(
                run.progress().seen().last(topic, partition),
                run.progress().order().last(partition));
    }

    /** Number of the round, from 0. */
    public long round() {
        return round.number();
    }

    /** Whether the local steps of the round are taken. */
    public boolean isRoundOver() {
        return round.stepsLeft() == 0;
    }

    /**
     * Takes note of a change, of whichever trainer. One that an earlier job announced is passed
     * over: this job may have other settings, and announces each change itself that its state does
     * not hold.
     *
     * @throws NonRecoverableJobException if another one was announced before
     */
    public void learnOf(Update update) {
        if (update.getSubmission().equals(submission)) {
            announcements.add(update);
        }
    }

    /** Whether this trainer has yet to say what it has changed in a round that is over. */
    public boolean owesAnnouncement() {
        return isRoundOver() && !announced;
    }

    /**
     * Writes what this trainer has changed in the round, if it is not there. What the state of an
     * earlier job holds stands, whatever this one has come to: others may have gone on with it.
     *
     * @return what to announce; null if it was announced before
     * @throws NonRecoverableJobException if this job announced something else
     */
    public @Nullable Update change() throws IOException {
        Update before = announcements.of(round.number(), index);
        if (before != null) {
            boolean whole = UpdateFiles.isWhole(before);
            if (!whole || before.getSubmission().equals(submission)) {
                Announcements.requireSame(before, UpdateFiles.sha256(round::writeChange));
            }
            if (!whole) {
                files.write(round.number(), index, round::writeChange);
            }
            announced = true;
            return null;
        }
        CheckpointFile file = files.write(round.number(), index, round::writeChange);
        announced = true;
        return new Update(
                config.training().runId(),
                config.model().name(),
                round.number(),
                index,
                run.step(),
                run.samplesSeen(),
                UpdateRanges.of(run.progress().seen()),
                file.getUri(),
                file.getBytes(),
                file.getSha256(),
                submission);
    }

    /** The trainers that the round waits for. */
    public List<Integer> waitsFor() {
        return announcements.missing(round.number());
    }

    /** Whether the next round can begin. */
    public boolean canFinish() {
        return isRoundOver() && announced && waitsFor().isEmpty();
    }

    /**
     * Begins the next round with what all trainers of the run have changed. The changes are read
     * and summed once for those that share a process.
     *
     * @param together which {@link #canFinish} the same round, one at least
     * @throws IOException if a file cannot be read, or is not what was announced
     */
    public static Finished finish(List<LogicalTrainer> together) throws IOException {
        LogicalTrainer first = together.get(0);
        long number = first.round();
        List<Update> updates = first.announcements.all(number);
        List<UpdateFiles.Opened> opened = new ArrayList<>();
        try {
            for (Update update : updates) {
                opened.add(new UpdateFiles.Opened(update));
            }
            TrainerRound.finish(
                    together.stream().map(trainer -> trainer.round).toList(),
                    opened.stream().map(UpdateFiles.Opened::stream).toList());
            for (UpdateFiles.Opened file : opened) {
                file.requireSound();
            }
        } catch (WeightFileException e) {
            throw new IOException("round " + number + ": " + e.getMessage(), e);
        } finally {
            IOUtils.closeAllQuietly(opened);
        }
        together.forEach(LogicalTrainer::begin);
        return new Finished(
                UpdateRanges.seen(updates), updates.stream().mapToLong(Update::getBytes).sum());
    }

    /**
     * A round that is over.
     *
     * @param seen what the weights have been trained on
     * @param bytes of the changes that were read
     */
    public record Finished(SeenByWeights seen, long bytes) {}

    private void begin() {
        announced = false;
        announcements.begin(round.number());
    }

    @Override
    public void close() {
        round.close();
        run.close();
    }
}
