package io.kiln.evaluation.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.jspecify.annotations.Nullable;

/**
 * The version that is evaluated or comes next, the newest that came since, and those that were
 * skipped for it. In Flink's keyed state, with one key.
 */
final class VersionQueue {
    private final ValueState<WaitingVersion> current;
    private final ValueState<WaitingVersion> next;
    private final ValueState<Long> newest;
    private final ListState<Long> skipped;

    VersionQueue(RuntimeContext context) {
        TypeInformation<WaitingVersion> waiting = TypeInformation.of(WaitingVersion.class);
        current = context.getState(new ValueStateDescriptor<>("current", waiting));
        next = context.getState(new ValueStateDescriptor<>("next", waiting));
        newest = context.getState(new ValueStateDescriptor<>("newest", Types.LONG));
        skipped = context.getListState(new ListStateDescriptor<>("skipped", Types.LONG));
    }

    /**
     * Adds a version, unless one as new came before.
     *
     * @param running whether the current one is under evaluation
     * @param evaluated newest version that the topic holds an evaluation of
     * @return whether another version was skipped for it
     */
    boolean add(long version, byte[] value, boolean running, long evaluated) throws Exception {
        if (version <= Math.max(evaluated, Objects.requireNonNullElse(newest.value(), 0L))) {
            return false;
        }
        newest.update(version);
        ValueState<WaitingVersion> place = running ? next : current;
        WaitingVersion before = place.value();
        place.update(new WaitingVersion(version, value));
        if (before != null) {
            skipped.add(before.version());
        }
        return before != null;
    }

    /** Forgets versions up to one: the job has begun with a state from before their evaluations. */
    void forget(long evaluated) throws Exception {
        for (ValueState<WaitingVersion> place : List.of(next, current)) {
            WaitingVersion waiting = place.value();
            if (waiting != null && waiting.version() <= evaluated) {
                place.clear();
            }
        }
        if (current.value() == null) {
            current.update(next.value());
            next.clear();
        }
        List<Long> later = new ArrayList<>();
        for (long one : skipped.get()) {
            if (one > evaluated) {
                later.add(one);
            }
        }
        skipped.update(later);
    }

    /** The version to evaluate, if there is one. */
    @Nullable WaitingVersion current() throws Exception {
        return current.value();
    }

    /**
     * The current version is evaluated; goes on to the next.
     *
     * @return versions before it that were skipped, ascending
     */
    List<Long> evaluated() throws Exception {
        long version = Objects.requireNonNull(current.value(), "one is current").version();
        List<Long> before = new ArrayList<>();
        List<Long> later = new ArrayList<>();
        skipped.get().forEach(one -> (one < version ? before : later).add(one));
        skipped.update(later);
        current.update(next.value());
        next.clear();
        before.sort(null);
        return before;
    }
}
