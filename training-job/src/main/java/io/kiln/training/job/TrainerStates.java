package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.weights.WeightFileException;
import io.kiln.training.rounds.LogicalTrainer;
import io.kiln.training.state.AsyncStateWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.List;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.TaskStateManager;

/** The states of all trainers, of which a subtask opens those of its own. */
final class TrainerStates {
    private final KilnConfig config;
    private final String submission;
    private final boolean restored;
    private final List<OperatorStateHandle> handles;

    TrainerStates(KilnConfig config, String submission, Environment task, OperatorID operator) {
        TaskStateManager states = task.getTaskStateManager();
        this.config = config;
        this.submission = submission;
        this.restored = states.getRestoreCheckpointId().isPresent();
        this.handles =
                states.prioritizedOperatorState(operator).getPrioritizedRawOperatorState().stream()
                        .flatMap(Collection::stream)
                        .toList();
    }

    /** The name of a trainer's state. */
    static String name(int trainer) {
        return "trainer-" + trainer;
    }

    /**
     * A trainer, from its state or at the beginning of the run.
     *
     * @throws NonRecoverableJobException if the restored state is another job's, or the weights
     *     that training.init names cannot begin the run
     */
    LogicalTrainer trainer(int index) throws IOException {
        if (!restored) {
            return begun(index);
        }
        String name = name(index);
        OperatorStateHandle handle =
                handles.stream()
                        .filter(h -> h.getStateNameToPartitionOffsets().containsKey(name))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new NonRecoverableJobException(
                                                "the restored checkpoint holds no state of trainer "
                                                        + index
                                                        + ": it is another job's, or one of fewer trainers"
                                                        + " (topics.trainers). Restore the right one, or start without"
                                                        + " it under another training.runId"));
        try (InputStream in = AsyncStateWriter.open(handle, name)) {
            return LogicalTrainer.restore(config, index, submission, in);
        }
    }

    private LogicalTrainer begun(int index) throws IOException {
        try {
            return LogicalTrainer.begin(config, index, submission);
        } catch (WeightFileException | NoSuchFileException e) {
            throw RunStart.cannotBegin(config, e);
        }
    }
}
