package io.kiln.training.input;

import io.kiln.kafka.NonRecoverableJobException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The order in which batches of several partitions are trained on: one of each partition in turn,
 * whatever order they come in, so that training is a function of what the partitions hold. What has
 * come before its turn waits here, and is part of the operator's state. A partition whose turn it
 * is and that has nothing is waited for.
 */
public final class RoundRobin {
    private final List<Integer> partitions;
    private final List<Deque<BatchInput>> waiting = new ArrayList<>();
    private int turn;

    /**
     * @param partitions in the order of their turns, at least one
     */
    public RoundRobin(List<Integer> partitions) {
        this.partitions = List.copyOf(partitions);
        for (int i = 0; i < partitions.size(); i++) {
            waiting.add(new ArrayDeque<>());
        }
    }

    /**
     * Takes a batch, which waits until its turn.
     *
     * @throws IllegalArgumentException if it is of another partition than these
     */
    public void add(BatchInput batch) {
        int index = partitions.indexOf(batch.partition());
        if (index < 0) {
            throw new IllegalArgumentException(
                    "a batch of partition "
                            + batch.partition()
                            + " came; expected one of "
                            + partitions);
        }
        waiting.get(index).add(batch);
    }

    /** The batch whose turn it is; null if that has not come yet. */
    @Nullable
    public BatchInput next() {
        BatchInput batch = waiting.get(turn).poll();
        if (batch != null) {
            turn = (turn + 1) % partitions.size();
        }
        return batch;
    }

    /**
     * The next batch when no more can come: a partition that has ended is passed over; null when
     * all have.
     */
    @Nullable
    public BatchInput nextAfterTheEnd() {
        for (int i = 0; i < partitions.size(); i++) {
            BatchInput batch = next();
            if (batch != null) {
                return batch;
            }
            turn = (turn + 1) % partitions.size();
        }
        return null;
    }

    /** The partition whose turn it is. */
    public int turn() {
        return partitions.get(turn);
    }

    /** Batches that have come before their turn. */
    public int waiting() {
        return waiting.stream().mapToInt(Deque::size).sum();
    }

    /** Offset of the last batch of a partition that waits; −1 if none does. */
    public long last(int partition) {
        int index = partitions.indexOf(partition);
        BatchInput last = index < 0 ? null : waiting.get(index).peekLast();
        return last == null ? -1 : last.offset();
    }

    public void write(DataOutputStream out) throws IOException {
        out.writeInt(turn);
        out.writeInt(waiting());
        for (Deque<BatchInput> batches : waiting) {
            for (BatchInput batch : batches) {
                out.writeUTF(batch.topic());
                out.writeInt(batch.partition());
                out.writeLong(batch.offset());
                out.writeInt(batch.value().length);
                out.write(batch.value());
            }
        }
    }

    /**
     * @param partitions that the run reads now: those it read before, or more behind them
     * @throws NonRecoverableJobException if batches of other partitions wait, or one that is no
     *     longer read has the turn
     */
    public static RoundRobin read(DataInputStream in, List<Integer> partitions) throws IOException {
        RoundRobin turns = new RoundRobin(partitions);
        turns.turn = in.readInt();
        boolean known = turns.turn < partitions.size();
        for (int left = in.readInt(); left > 0; left--) {
            BatchInput batch =
                    new BatchInput(
                            in.readUTF(), in.readInt(), in.readLong(), in.readNBytes(in.readInt()));
            known &= partitions.contains(batch.partition());
            if (known) {
                turns.add(batch);
            }
        }
        if (!known) {
            throw new NonRecoverableJobException(
                    "the training state was reading more partitions of sparse-batches than "
                            + partitions
                            + ": topics.partitionsPerTrainer may grow, but not shrink, and topics.trainers"
                            + " must stay; set them back, or start another run (training.runId)");
        }
        return turns;
    }
}
