package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.weights.WeightFileException;
import io.kiln.training.run.TrainingRun;
import io.kiln.training.state.AsyncStateWriter;
import io.kiln.training.state.OperatorState;
import io.kiln.training.state.RunProgress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.Iterator;
import java.util.Optional;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StatePartitionStreamProvider;
import org.apache.flink.runtime.state.TaskStateManager;
import org.apache.flink.streaming.runtime.tasks.StreamTask;

/** How a run starts in Flink: from the state that is restored, or anew. */
final class RunStart {
    private final KilnConfig config;

    RunStart(KilnConfig config) {
        this.config = config;
    }

    /** How many checkpoints the cluster retains: a run may start from any of them. */
    static int retainedCheckpoints(StreamTask<?, ?> task) {
        return task.getEnvironment()
                .getTaskManagerInfo()
                .getConfiguration()
                .get(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS);
    }

    /** Looks into the state that is restored later; empty at a start without state. */
    Optional<RunProgress> restoredProgress(StreamTask<?, ?> task, OperatorID operator) {
        TaskStateManager states = task.getEnvironment().getTaskStateManager();
        if (states.getRestoreCheckpointId().isEmpty()) {
            return Optional.empty();
        }
        OperatorStateHandle handle =
                states.prioritizedOperatorState(operator).getPrioritizedRawOperatorState().stream()
                        .flatMap(Collection::stream)
                        .findFirst()
                        .orElseThrow(RunStart::noTrainingState);
        try (InputStream in = AsyncStateWriter.open(handle)) {
            return Optional.of(OperatorState.progress(in, config));
        } catch (IOException e) {
            throw new UncheckedIOException("the restored state cannot be read", e);
        }
    }

    /**
     * The run.
     *
     * @throws NonRecoverableJobException if the restored state is another job's, or the weights
     *     that training.init names cannot begin the run
     */
    TrainingRun run(StateInitializationContext context) throws IOException {
        return context.isRestored() ? restored(context) : begun();
    }

    private TrainingRun restored(StateInitializationContext context) throws IOException {
        Iterator<StatePartitionStreamProvider> states =
                context.getRawOperatorStateInputs().iterator();
        if (!states.hasNext()) {
            throw noTrainingState();
        }
        try (InputStream in = states.next().getStream()) {
            return TrainingRun.restore(config, OperatorState.buffered(in), 0);
        }
    }

    private TrainingRun begun() throws IOException {
        try {
            return TrainingRun.begin(config, 0);
        } catch (WeightFileException | NoSuchFileException e) {
            throw cannotBegin(config, e);
        }
    }

    static NonRecoverableJobException cannotBegin(KilnConfig config, Exception reason) {
        return new NonRecoverableJobException(
                "training.init.weights: "
                        + config.training().init().weights()
                        + " cannot begin the run: "
                        + reason.getMessage());
    }

    private static NonRecoverableJobException noTrainingState() {
        return new NonRecoverableJobException(
                "the restored checkpoint holds no training state: it is another job's. Start without it, under another"
                        + " training.runId, or restore the right one");
    }
}
