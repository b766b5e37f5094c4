package io.kiln.kafka;

import io.kiln.config.FlinkConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Objects;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.graph.StreamConfig;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.StreamTask;
import org.jspecify.annotations.Nullable;

/**
 * Passes records on, and fails its task, and with it the job, if no checkpoint is completed for
 * {@code flink.checkpointTimeout} beyond the interval. Without it, Flink would abort such a
 * checkpoint and start the next, indefinitely: a job that is stuck would look as if it ran.
 */
public final class WatchCheckpoints<T> extends AbstractStreamOperator<T>
        implements OneInputStreamOperator<T, T> {
    private static final long serialVersionUID = 1L;

    private final Duration limit;
    private transient @Nullable CheckpointWatch watch;

    private WatchCheckpoints(Duration limit) {
        this.limit = limit;
    }

    /** Adds a watch to a job, in each subtask of these records. */
    public static <T> SingleOutputStreamOperator<T> of(
            FlinkConfig config, SingleOutputStreamOperator<T> records) {
        return records.transform(
                        "WatchCheckpoints",
                        records.getType(),
                        new WatchCheckpoints<>(
                                config.checkpointInterval().plus(config.checkpointTimeout())))
                .setDescription("fail if no Flink checkpoint completes")
                .uid("watch-checkpoints");
    }

    /** Starts to watch before the state is restored, since restoring may block too. */
    @Override
    protected void setup(
            StreamTask<?, ?> task, StreamConfig config, Output<StreamRecord<T>> output) {
        super.setup(task, config, output);
        CheckpointWatch started = new CheckpointWatch(limit, task.getEnvironment()::failExternally);
        watch = started;
        try {
            task.getCancelables().registerCloseable(started);
        } catch (IOException e) {
            throw new UncheckedIOException("the task has already ended", e);
        }
    }

    @Override
    public void processElement(StreamRecord<T> record) {
        output.collect(record);
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        super.notifyCheckpointComplete(checkpointId);
        Objects.requireNonNull(watch, "setup() comes first").completed();
    }
}
