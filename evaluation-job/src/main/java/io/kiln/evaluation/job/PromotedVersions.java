package io.kiln.evaluation.job;

import io.kiln.kafka.JobRecords;
import io.kiln.schemas.CheckpointEvent;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.jspecify.annotations.Nullable;

/**
 * The promoted versions of the model, of whatever run, in the order of their promotion, and the
 * versions of this run that were revoked before they were evaluated. In Flink's keyed state, with
 * one key, and bounded: the oldest promotions are forgotten.
 */
final class PromotedVersions {
    private static final int MOST = 32;

    private final JobRecords<CheckpointEvent> records;
    private final MapState<Long, byte[]> promoted;
    private final MapState<Long, Boolean> revoked;

    PromotedVersions(JobRecords<CheckpointEvent> records, RuntimeContext context) {
        this.records = records;
        this.promoted =
                context.getMapState(
                        new MapStateDescriptor<>(
                                "promoted",
                                Types.LONG,
                                PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        this.revoked =
                context.getMapState(new MapStateDescriptor<>("revoked", Types.LONG, Types.BOOLEAN));
    }

    /**
     * Applies an event that changes a status.
     *
     * @param value the event in the wire format
     * @param waits whether the version is of this run and may still be evaluated
     */
    void becomes(CheckpointEvent event, byte[] value, boolean waits) throws Exception {
        switch (event.getStatus()) {
            case PROMOTED -> promoted(event, value);
            case RETIRED -> {
                if (!isLastOfItsRun(event)) { // as Promotions has it
                    ends(event, waits);
                }
            }
            case REVOKED -> ends(event, waits);
            case CANDIDATE, UNKNOWN -> {} // the latter of a later Kiln
        }
    }

    private void ends(CheckpointEvent event, boolean waits) throws Exception {
        unpromoted(event);
        if (waits) {
            revoked.put(event.getVersion(), true);
        }
    }

    private boolean isLastOfItsRun(CheckpointEvent one) throws Exception {
        return all().values().stream()
                .filter(event -> Objects.equals(event.getRunId(), one.getRunId()))
                .reduce((before, after) -> after)
                .filter(event -> isSame(event, one))
                .isPresent();
    }

    /**
     * A version is promoted; it comes last. So does one that the gate has decided and that is read
     * back: others may have been promoted in between, and readers go by the order of the topic.
     *
     * @param value the event in the wire format
     */
    void promoted(CheckpointEvent event, byte[] value) throws Exception {
        unpromoted(event);
        TreeMap<Long, CheckpointEvent> all = all();
        promoted.put(all.isEmpty() ? 0 : all.lastKey() + 1, value);
        if (all.size() >= MOST) {
            promoted.remove(all.firstKey());
        }
    }

    /** A promotion that the gate has decided is not sent. */
    void withdrawn(CheckpointEvent event) throws Exception {
        remove(one -> one.getEventId().equals(event.getEventId()));
    }

    private void unpromoted(CheckpointEvent event) throws Exception {
        remove(one -> isSame(one, event));
    }

    private void remove(Predicate<CheckpointEvent> which) throws Exception {
        for (Map.Entry<Long, CheckpointEvent> one : all().entrySet()) {
            if (which.test(one.getValue())) {
                promoted.remove(one.getKey());
            }
        }
    }

    /** Whether a version of this run must not be used; forgets it and those before it. */
    boolean takeRevoked(long version) throws Exception {
        boolean found = revoked.contains(version);
        TreeMap<Long, Boolean> all = new TreeMap<>();
        revoked.entries().forEach(entry -> all.put(entry.getKey(), entry.getValue()));
        for (long old : all.headMap(version, true).keySet()) {
            revoked.remove(old);
        }
        return found;
    }

    /** The version promoted last but for one; null if there is none. */
    @Nullable CheckpointEvent lastBut(CheckpointEvent one) throws Exception {
        return all().values().stream()
                .filter(event -> !isSame(event, one))
                .reduce((before, after) -> after)
                .orElse(null);
    }

    /** Whether a version is promoted. */
    boolean contains(CheckpointEvent one) throws Exception {
        return all().values().stream().anyMatch(event -> isSame(event, one));
    }

    private static boolean isSame(CheckpointEvent one, CheckpointEvent other) {
        return Objects.equals(one.getRunId(), other.getRunId())
                && one.getVersion() == other.getVersion();
    }

    private TreeMap<Long, CheckpointEvent> all() throws Exception {
        TreeMap<Long, CheckpointEvent> all = new TreeMap<>();
        for (Map.Entry<Long, byte[]> entry : promoted.entries()) {
            all.put(entry.getKey(), records.read(entry.getValue()));
        }
        return all;
    }
}
