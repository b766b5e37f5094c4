package io.kiln.training.job;

import static io.kiln.kafka.Opened.opened;

import io.kiln.config.KilnConfig;
import io.kiln.training.input.TrainerPartitions;
import io.kiln.training.run.RunFence;
import io.kiln.training.state.AsyncStateWriter;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.TaskStateManager;
import org.apache.flink.streaming.api.graph.StreamConfig;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.StreamTask;
import org.apache.flink.util.IOUtils;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Lets out what several trainers emit, if this job has the run. It has one subtask, claims the run
 * before the sinks behind it are made, and proves the claim before each barrier ({@link RunFence}).
 * What has passed it is what becomes visible, and so it knows how far the run is.
 */
final class RunGate extends AbstractStreamOperator<KafkaMessage>
        implements OneInputStreamOperator<TrainerOutput, KafkaMessage> {
    private static final long serialVersionUID = 1L;

    private final KilnConfig config;
    private final String submission;
    private final Map<Integer, Long> trained = new HashMap<>();
    private long version;
    private transient @Nullable RunFence fence;

    /**
     * @param submission identity of the job
     */
    RunGate(KilnConfig config, String submission) {
        this.config = config;
        this.submission = submission;
    }

    /** Comes before the state of any operator of the chain, sinks included, is initialised. */
    @Override
    protected void setup(
            StreamTask<?, ?> task, StreamConfig own, Output<StreamRecord<KafkaMessage>> output) {
        super.setup(task, own, output);
        TaskStateManager states = task.getEnvironment().getTaskStateManager();
        states.prioritizedOperatorState(getOperatorID()).getPrioritizedRawOperatorState().stream()
                .flatMap(Collection::stream)
                .findFirst()
                .ifPresent(this::read);
        Map<TopicPartition, Long> known =
                TrainerPartitions.each(config, partition -> trained.getOrDefault(partition, -1L));
        fence =
                RunFence.take(
                        config,
                        submission,
                        states.getRestoreCheckpointId().orElse(0L),
                        new RunFence.Position(version, known));
    }

    private void read(OperatorStateHandle state) {
        try (InputStream in = AsyncStateWriter.open(state)) {
            DataInputStream data = new DataInputStream(in);
            version = data.readLong();
            for (int left = data.readInt(); left > 0; left--) {
                trained.put(data.readInt(), data.readLong());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the restored state cannot be read", e);
        }
    }

    @Override
    public void processElement(StreamRecord<TrainerOutput> element) {
        TrainerOutput out = element.getValue();
        StreamRecord<KafkaMessage> message = new StreamRecord<>(out.message());
        if (out.isStep()) {
            trained.merge(out.partition(), out.offset(), Math::max);
            output.collect(message);
        } else {
            version = Math.max(version, out.version());
            output.collect(TrainingOperator.CHECKPOINTS, message);
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        super.prepareSnapshotPreBarrier(checkpointId);
        opened(fence).require();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        context.getRawOperatorStateOutput().startNewPartition();
        DataOutputStream data = new DataOutputStream(context.getRawOperatorStateOutput());
        data.writeLong(version);
        data.writeInt(trained.size());
        for (Map.Entry<Integer, Long> partition : trained.entrySet()) {
            data.writeInt(partition.getKey());
            data.writeLong(partition.getValue());
        }
        data.flush();
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        super.notifyCheckpointComplete(checkpointId);
        opened(fence).published();
    }

    /** Throws nothing: Flink ends the task manager if the cleanup of a failed task throws. */
    @Override
    public void close() throws Exception {
        IOUtils.closeQuietly(fence);
        super.close();
    }
}
