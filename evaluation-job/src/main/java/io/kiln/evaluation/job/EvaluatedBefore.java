package io.kiln.evaluation.job;

import io.kiln.schemas.Evaluation;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.jspecify.annotations.Nullable;

/**
 * The newest version that had an evaluation when a job began without state. In operator state,
 * since a failure may come before the job has read the events of the versions up to it.
 */
final class EvaluatedBefore {
    private final ListState<Long> state;
    private final long version;

    /**
     * @param newest evaluation, of a job that starts without state; null if there is none
     */
    EvaluatedBefore(FunctionInitializationContext context, @Nullable Evaluation newest)
            throws Exception {
        this.state =
                context.getOperatorStateStore()
                        .getListState(new ListStateDescriptor<>("evaluated-before", Types.LONG));
        long found = newest == null ? 0 : newest.getVersion();
        for (long restored : state.get()) { // the state of an earlier Kiln has none
            found = Math.max(found, restored);
        }
        this.version = found;
    }

    /** Its number; 0 if there was none. */
    long version() {
        return version;
    }

    /** A checkpoint is taken. */
    void snapshot() throws Exception {
        state.update(List.of(version));
    }
}
