package io.kiln.evaluation.job;

import io.kiln.schemas.Evaluation;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;

/**
 * The newest version that had an evaluation when a job began, without state or with one that is
 * older than that evaluation. In operator state, since a failure may come before the job has read
 * the events of the versions up to it.
 */
final class EvaluatedBefore {
    private final ListState<Long> state;
    private final ListState<Long> ownState;
    private final Optional<Evaluation> ahead;
    private final long version;

    /** The newest version that is evaluated in this state. */
    private long own;

    /**
     * @param newest evaluation that the topic holds; empty if there is none
     */
    EvaluatedBefore(FunctionInitializationContext context, Optional<Evaluation> newest)
            throws Exception {
        this.state = state(context, "evaluated-before");
        this.ownState = state(context, "evaluated"); // that of an earlier Kiln has none
        this.own = largest(ownState);
        long restored = largest(state);
        long known = Math.max(own, restored);
        this.ahead = newest.filter(evaluation -> evaluation.getVersion() > known);
        this.version = ahead.map(Evaluation::getVersion).orElse(restored);
    }

    private static ListState<Long> state(FunctionInitializationContext context, String name)
            throws Exception {
        return context.getOperatorStateStore()
                .getListState(new ListStateDescriptor<>(name, Types.LONG));
    }

    private static long largest(ListState<Long> state) throws Exception {
        long largest = 0;
        for (long one : state.get()) {
            largest = Math.max(largest, one);
        }
        return largest;
    }

    /** Its number; 0 if there was none. */
    long version() {
        return version;
    }

    /** Its evaluation, if this start has found that the state knows nothing of it. */
    Optional<Evaluation> ahead() {
        return ahead;
    }

    /** This job has evaluated a version. */
    void evaluated(long evaluated) {
        own = evaluated;
    }

    /** A checkpoint is taken. */
    void snapshot() throws Exception {
        state.update(List.of(version));
        ownState.update(List.of(own));
    }
}
