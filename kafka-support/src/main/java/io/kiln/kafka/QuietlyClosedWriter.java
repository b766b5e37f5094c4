package io.kiln.kafka;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A writer that closes without an exception. When Kafka's writer closes, it throws the error of any
 * send that has failed in the meantime. In a task that was frozen and replaced, sends fail because
 * the replacement has aborted the transaction. Flink treats an exception during the cleanup of a
 * failed task as fatal and ends the task manager, with the tasks of all other jobs on it.
 *
 * <p>The exception can be dropped: records that were not flushed belong to no checkpoint, and their
 * transaction is never committed.
 */
final class QuietlyClosedWriter<T, S, C>
        implements StatefulSinkWriter<T, S>, CommittingSinkWriter<T, C> {
    private static final Logger LOG = LoggerFactory.getLogger(QuietlyClosedWriter.class);

    private final StatefulSinkWriter<T, S> states;
    private final CommittingSinkWriter<T, C> transactions;

    private final @Nullable SinkGuard guard;

    private QuietlyClosedWriter(
            StatefulSinkWriter<T, S> states,
            CommittingSinkWriter<T, C> transactions,
            @Nullable SinkGuard guard) {
        this.states = states;
        this.transactions = transactions;
        this.guard = guard;
    }

    /** Wraps a writer, which a guard may stop. */
    static <T, S, C, W extends StatefulSinkWriter<T, S> & CommittingSinkWriter<T, C>>
            QuietlyClosedWriter<T, S, C> of(W writer, @Nullable SinkGuard guard) {
        return new QuietlyClosedWriter<>(writer, writer, guard);
    }

    @Override
    public void write(T element, Context context) throws IOException, InterruptedException {
        states.write(element, context);
    }

    @Override
    public void flush(boolean endOfInput) throws IOException, InterruptedException {
        states.flush(endOfInput);
    }

    @Override
    public void writeWatermark(Watermark watermark) throws IOException, InterruptedException {
        states.writeWatermark(watermark);
    }

    @Override
    public Collection<C> prepareCommit() throws IOException, InterruptedException {
        if (guard != null) {
            guard.committing();
        }
        return transactions.prepareCommit();
    }

    @Override
    public List<S> snapshotState(long checkpointId) throws IOException {
        if (guard != null) {
            guard.snapshotted(checkpointId);
        }
        return states.snapshotState(checkpointId);
    }

    @Override
    public void close() {
        if (guard != null) {
            guard.close();
        }
        try {
            states.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            LOG.warn(
                    "A sink failed while its task was ending; none of these records belongs to a checkpoint",
                    e);
        }
    }
}
