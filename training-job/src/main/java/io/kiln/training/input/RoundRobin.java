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
 * The order in which batches of several partitions are trained on: one batch of each partition, in
 * round-robin order, whatever order they arrive in. So training is a function of what the
 * partitions hold. A batch that arrives early waits here, and is part of the operator's state. When
 * the next partition has no batch, all others wait for it.
 */
public final class RoundRobin {
    private final List<Integer> partitions;
    private final List<Deque<BatchInput>> waiting = new ArrayList<>();
    private int next;

    /**
     * @param partitions in their order, at least one
     */
    public RoundRobin(List<Integer> partitions) {
        this.partitions = List.copyOf(partitions);
        for (int i = 0; i < partitions.size(); i++) {
            waiting.add(new ArrayDeque<>());
        }
    }

    /**
     * Takes a batch, which waits until it is next.
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

    /** The next batch in the order; null if it has not arrived. */
    @Nullable
    public BatchInput next() {
        BatchInput batch = waiting.get(next).poll();
        if (batch != null) {
            next = (next + 1) % partitions.size();
        }
        return batch;
    }

    /**
     * The next batch when no more can arrive: passes over partitions that have none; null when no
     * partition has one.
     */
    @Nullable
    public BatchInput nextAfterTheEnd() {
        for (int i = 0; i < partitions.size(); i++) {
            BatchInput batch = next();
            if (batch != null) {
                return batch;
            }
            next = (next + 1) % partitions.size();
        }
        return null;
    }

    /** The partition that the next batch must come from. */
    public int nextPartition() {
        return partitions.get(next);
    }

    /** Number of batches that wait. */
    public int waiting() {
        return waiting.stream().mapToInt(Deque::size).sum();
    }

    /** Offset of the last batch of a partition that waits; −1 if none does. */
    public long last(int partition) {
        int index = partitions.indexOf(partition);
        BatchInput last = index < 0 ? null : waiting.get(index).peekLast();
        return last == null ? -1 : last.offset();
    }

    /**
     * @param givenBack the last batches that were taken, in their order; they are written as if
     *     they still waited
     */
    public void write(DataOutputStream out, List<BatchInput> givenBack) throws IOException {
        out.writeInt(givenBack.isEmpty() ? next : partitions.indexOf(givenBack.get(0).partition()));
        out.writeInt(givenBack.size() + waiting());
        for (BatchInput batch : givenBack) {
            write(batch, out);
        }
        for (Deque<BatchInput> batches : waiting) {
            for (BatchInput batch : batches) {
                write(batch, out);
            }
        }
    }

    private static void write(BatchInput batch, DataOutputStream out) throws IOException {
        out.writeUTF(batch.topic());
        out.writeInt(batch.partition());
        out.writeLong(batch.offset());
        out.writeInt(batch.value().length);
        out.write(batch.value());
    }

    /**
     * @param partitions that the run reads now: those it read before, or more behind them
     * @throws NonRecoverableJobException if a batch of another partition waits, or the next
     *     partition is not read any more
     */
    public static RoundRobin read(DataInputStream in, List<Integer> partitions) throws IOException {
        RoundRobin order = new RoundRobin(partitions);
        order.next = in.readInt();
        boolean known = order.next < partitions.size();
        for (int left = in.readInt(); left > 0; left--) {
            BatchInput batch =
                    new BatchInput(
                            in.readUTF(), in.readInt(), in.readLong(), in.readNBytes(in.readInt()));
            known &= partitions.contains(batch.partition());
            if (known) {
                order.add(batch);
            }
        }
        if (!known) {
            throw new NonRecoverableJobException(
                    "the training state was reading more partitions of sparse-batches than "
                            + partitions
                            + ": topics.partitionsPerTrainer may grow, but not shrink, and topics.trainers"
                            + " must stay; set them back, or start another run (training.runId)");
        }
        return order;
    }
}
