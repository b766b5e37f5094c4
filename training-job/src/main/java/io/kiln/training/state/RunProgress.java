package io.kiln.training.state;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.SparseBatch;
import io.kiln.training.input.BatchInput;
import io.kiln.training.input.RoundRobin;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a run has done besides changing weights: versions published, offsets seen, losses since the
 * last event, versions being retired, batches that wait for another partition, the first batch,
 * whose images every reconstruction draws, and the last one, whose images give a published encoder
 * the statistics of its batch norms. Part of the operator's state.
 */
public final class RunProgress {
    private final SeenOffsets seen;
    private final RoundRobin order;
    private long version;
    private long stepOfLastEvent;
    private double lossSum;
    private long lossCount;
    private double learningRate;
    private byte @Nullable [] firstBatch;
    private byte @Nullable [] lastBatch;
    private Set<Long> retiring = Set.of();
    private @Nullable BatchMasking masking;
    private final List<BatchInput> held = new ArrayList<>();

    private RunProgress(SeenOffsets seen, RoundRobin order) {
        this.seen = seen;
        this.order = order;
    }

    /**
     * Nothing done yet.
     *
     * @param partitions of sparse-batches that the run reads
     */
    public static RunProgress fresh(List<Integer> partitions) {
        return new RunProgress(new SeenOffsets(), new RoundRobin(partitions));
    }

    /**
     * Adds a batch.
     *
     * @throws IllegalStateException if this batch or a later one of its partition was added before
     */
    public void saw(BatchInput input, SparseBatch batch) {
        passedOver(input);
        for (ImageOrigin origin : batch.getImages()) {
            seen.add(origin.getTopic(), origin.getPartition(), origin.getOffset());
        }
        if (firstBatch == null) {
            firstBatch = input.value();
        }
    }

    /**
     * Adds a record that is no batch.
     *
     * @throws IllegalStateException if this record or a later one of its partition was added before
     */
    public void passedOver(BatchInput input) {
        requireNew(input, seen.last(input.topic(), input.partition()));
        seen.add(input.topic(), input.partition(), input.offset());
    }

    /**
     * Holds a batch that could not be trained on. It is not seen yet, and the state is as it was
     * before it, so that a run which ends now has not passed over it.
     *
     * @throws IllegalStateException as {@link #saw} does
     */
    public void hold(BatchInput input) {
        requireNew(input);
        held.add(input);
    }

    /** Batches that are held, in their order. */
    public List<BatchInput> held() {
        return List.copyOf(held);
    }

    /** Holds no batch any more. */
    public void release() {
        held.clear();
    }

    /**
     * Requires that a batch comes after all of its partition that were seen or are held.
     *
     * @throws IllegalStateException if it does not
     */
    public void requireNew(BatchInput input) {
        long last = seen.last(input.topic(), input.partition());
        for (BatchInput before : held) {
            if (before.partition() == input.partition()) {
                last = Math.max(last, before.offset());
            }
        }
        requireNew(input, last);
    }

    private static void requireNew(BatchInput input, long last) {
        if (input.offset() <= last) {
            throw new IllegalStateException(
                    input.place()
                            + " comes again after offset "
                            + last
                            + "; a batch must not be trained on twice");
        }
    }

    /** Adds a step that was not skipped. */
    public void stepped(double loss, double rate) {
        lossSum += loss;
        lossCount++;
        learningRate = rate;
    }

    /** An event has gone out, and the next version begins. */
    public void published(long step) {
        version++;
        stepOfLastEvent = step;
        lossSum = 0;
        lossCount = 0;
    }

    /** A version that was due was not published; the mean loss begins anew. */
    public void withheld() {
        lossSum = 0;
        lossCount = 0;
    }

    /** How the batches were masked that the run has been trained on. */
    public BatchMasking masking(KilnConfig config) {
        return masking == null ? BatchMasking.of(config) : masking;
    }

    /** From now on the run is trained on batches that were masked so. */
    public void masking(BatchMasking ofBatches) {
        masking = ofBatches;
    }

    public SeenOffsets seen() {
        return seen;
    }

    /** The order of batches over the partitions, with those that wait. */
    public RoundRobin order() {
        return order;
    }

    /** Version of the last event; 0 before the first. */
    public long version() {
        return version;
    }

    public long stepOfLastEvent() {
        return stepOfLastEvent;
    }

    /** Mean loss since the last event; null if no step was taken. */
    @Nullable
    public Double meanLoss() {
        return lossCount == 0 ? null : lossSum / lossCount;
    }

    /** Learning rate of the last step. */
    public double learningRate() {
        return learningRate;
    }

    /** The first batch of the run in the wire format; null before it. */
    public byte @Nullable [] firstBatch() {
        return firstBatch;
    }

    /** Keeps the batch that was trained on last, in the wire format. */
    public void last(byte[] batch) {
        lastBatch = batch;
    }

    /**
     * The last batch trained on in the wire format; the first where none was kept, as in states of
     * 0.1; null before the first.
     */
    public byte @Nullable [] lastBatch() {
        return lastBatch == null ? firstBatch : lastBatch;
    }

    /** Whether a last batch is kept: then {@link #write} writes version 2 of the state. */
    boolean keepsLastBatch() {
        return lastBatch != null;
    }

    /** Whether the event that retires a version has gone out and is not visible yet. */
    public boolean isRetiring(long retired) {
        return retiring.contains(retired);
    }

    /** Sets the versions whose retiring events have gone out and are not visible yet. */
    public void retiring(Collection<Long> versions) {
        retiring = Set.copyOf(versions);
    }

    void write(DataOutputStream out) throws IOException {
        out.writeLong(version);
        out.writeLong(stepOfLastEvent);
        out.writeDouble(lossSum);
        out.writeLong(lossCount);
        out.writeDouble(learningRate);
        byte[] first = firstBatch == null ? new byte[0] : firstBatch;
        out.writeInt(first.length);
        out.write(first);
        seen.write(out);
        out.writeInt(retiring.size());
        for (long retired : new TreeSet<>(retiring)) {
            out.writeLong(retired);
        }
        order.write(out, held);
        if (lastBatch != null) {
            out.writeInt(lastBatch.length);
            out.write(lastBatch);
        }
    }

    /**
     * @param partitions of sparse-batches that the run reads
     * @param keepsLastBatch as when it was written
     * @throws NonRecoverableJobException if it read other partitions
     */
    static RunProgress read(DataInputStream in, List<Integer> partitions, boolean keepsLastBatch)
            throws IOException {
        long version = in.readLong();
        long stepOfLastEvent = in.readLong();
        double lossSum = in.readDouble();
        long lossCount = in.readLong();
        double learningRate = in.readDouble();
        byte[] first = in.readNBytes(in.readInt());
        SeenOffsets seen = SeenOffsets.read(in);
        Set<Long> retiring = readRetiring(in);
        RoundRobin order = RoundRobin.read(in, partitions);
        RunProgress progress = new RunProgress(seen, order);
        progress.version = version;
        progress.stepOfLastEvent = stepOfLastEvent;
        progress.lossSum = lossSum;
        progress.lossCount = lossCount;
        progress.learningRate = learningRate;
        progress.firstBatch = first.length == 0 ? null : first;
        progress.retiring = retiring;
        progress.lastBatch = keepsLastBatch ? in.readNBytes(in.readInt()) : null;
        return progress;
    }

    private static Set<Long> readRetiring(DataInputStream in) throws IOException {
        Set<Long> retiring = new HashSet<>();
        for (int left = in.readInt(); left > 0; left--) {
            retiring.add(in.readLong());
        }
        return retiring;
    }
}
