package io.kiln.training.state;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RunnableFuture;
import java.util.function.LongConsumer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.runtime.state.AsyncSnapshotCallable;
import org.apache.flink.runtime.state.CheckpointStateOutputStream;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.DefaultOperatorStateBackend;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.OperatorStreamStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;

/**
 * Writes copies of states as raw operator state while training goes on. The stream that Flink hands
 * to an operator must be complete before the operator goes on, so this returns a future, as Flink's
 * own state backends do. Flink runs it on a thread for such work, and cancels it with the
 * checkpoint or the task.
 */
public final class AsyncStateWriter
        extends AsyncSnapshotCallable<SnapshotResult<OperatorStateHandle>> {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Map<String, StateSnapshot> states;
    private final OperatorStateHandle.Mode mode;
    private final CheckpointStreamFactory streams;
    private final LongConsumer nanosTaken;

    private AsyncStateWriter(
            Map<String, StateSnapshot> states,
            OperatorStateHandle.Mode mode,
            CheckpointStreamFactory streams,
            LongConsumer nanosTaken) {
        this.states = states;
        this.mode = mode;
        this.streams = streams;
        this.nanosTaken = nanosTaken;
    }

    /**
     * @param state closed at the end, also after a failure
     * @param streams of the checkpoint
     * @param task closed when the task is cancelled
     * @param nanosTaken takes the nanoseconds that writing took
     * @return the future that the checkpoint waits for
     */
    public static RunnableFuture<SnapshotResult<OperatorStateHandle>> of(
            StateSnapshot state,
            CheckpointStreamFactory streams,
            CloseableRegistry task,
            LongConsumer nanosTaken)
            throws IOException {
        return new AsyncStateWriter(
                        Map.of(DefaultOperatorStateBackend.DEFAULT_OPERATOR_STATE_NAME, state),
                        OperatorStateHandle.Mode.SPLIT_DISTRIBUTE,
                        streams,
                        nanosTaken)
                .toAsyncSnapshotFutureTask(task);
    }

    /**
     * The same for several states, which every subtask can open by their names when the job starts
     * again, with whatever parallelism.
     *
     * @param states by their names, one at least
     */
    public static RunnableFuture<SnapshotResult<OperatorStateHandle>> ofShared(
            Map<String, StateSnapshot> states,
            CheckpointStreamFactory streams,
            CloseableRegistry task,
            LongConsumer nanosTaken)
            throws IOException {
        return new AsyncStateWriter(states, OperatorStateHandle.Mode.UNION, streams, nanosTaken)
                .toAsyncSnapshotFutureTask(task);
    }

    /** Opens what this class has written, at its first byte. */
    public static InputStream open(OperatorStateHandle written) throws IOException {
        return open(written, DefaultOperatorStateBackend.DEFAULT_OPERATOR_STATE_NAME);
    }

    /** Opens one of the states that this class has written, at its first byte. */
    public static InputStream open(OperatorStateHandle written, String name) throws IOException {
        OperatorStateHandle.StateMetaInfo place =
                Objects.requireNonNull(
                        written.getStateNameToPartitionOffsets().get(name),
                        "state of a training operator");
        FSDataInputStream in = written.openInputStream();
        try {
            in.seek(place.getOffsets()[0]);
            return in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    @Override
    protected SnapshotResult<OperatorStateHandle> callInternal() throws Exception {
        long start = System.nanoTime();
        CheckpointStateOutputStream out =
                streams.createCheckpointStateOutputStream(CheckpointedStateScope.EXCLUSIVE);
        snapshotCloseableRegistry.registerCloseable(out);
        Map<String, OperatorStateHandle.StateMetaInfo> places = new HashMap<>();
        BufferedOutputStream buffered = new BufferedOutputStream(out, BUFFER_BYTES);
        for (Map.Entry<String, StateSnapshot> state : states.entrySet()) {
            places.put(
                    state.getKey(),
                    new OperatorStateHandle.StateMetaInfo(new long[] {out.getPos()}, mode));
            state.getValue().write(buffered);
            buffered.flush();
        }
        if (!snapshotCloseableRegistry.unregisterCloseable(out)) {
            throw new IOException("the checkpoint was cancelled while its state was written");
        }
        OperatorStateHandle handle =
                new OperatorStreamStateHandle(
                        places,
                        Objects.requireNonNull(out.closeAndGetHandle(), "something was written"));
        nanosTaken.accept(System.nanoTime() - start);
        return SnapshotResult.of(handle);
    }

    @Override
    protected void cleanupProvidedResources() {
        states.values().forEach(StateSnapshot::close);
    }
}
