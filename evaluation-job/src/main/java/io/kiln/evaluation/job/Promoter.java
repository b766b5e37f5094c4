package io.kiln.evaluation.job;

import io.kiln.checkpoints.Artifacts;
import io.kiln.config.KilnConfig;
import io.kiln.evaluation.version.PromotionEvent;
import io.kiln.kafka.CheckpointAnnouncement;
import io.kiln.kafka.Clients;
import io.kiln.kafka.JobRecords;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.RecordSerializer;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the promotions that the gate has decided, once the checkpoint behind the evaluation is
 * complete, so that none is visible without its evaluation. Those that have not been seen to go out
 * are state, and are sent again after a failure: an event's id counts once.
 */
final class Promoter {
    private static final Logger LOG = LoggerFactory.getLogger(Promoter.class);

    /** No checkpoint holds the promotion yet. */
    private static final long NONE = Long.MAX_VALUE;

    /**
     * A promotion that is due.
     *
     * @param checkpoint the first that holds it
     * @param again whether it may have been sent before
     */
    private record Due(CheckpointEvent event, long checkpoint, boolean again) {}

    private final KilnConfig config;
    private final JobRecords<CheckpointEvent> records;
    private final EvaluationEvents events;
    private final RecordSerializer<CheckpointEvent> serializer;
    private final ListState<byte[]> state;
    private final List<Due> due = new ArrayList<>();

    /**
     * @param events are told of promotions
     * @param newest evaluation, of a job that starts without state; null if there is none
     */
    Promoter(
            KilnConfig config,
            JobRecords<CheckpointEvent> records,
            EvaluationEvents events,
            FunctionInitializationContext context,
            @Nullable Evaluation newest)
            throws Exception {
        this.config = config;
        this.records = records;
        this.events = events;
        this.serializer = new RecordSerializer<>(Clients.registry(config));
        this.state =
                context.getOperatorStateStore()
                        .getListState(
                                new ListStateDescriptor<>(
                                        "promotions",
                                        PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        for (byte[] value : state.get()) {
            due.add(new Due(records.read(value), 0, true));
        }
        if (newest != null && newest.getGate() != null && newest.getGate().getPassed()) {
            for (CheckpointEvent event : events(newest.getRunId(), newest.getVersion())) {
                if (event.getStatus() == CheckpointStatus.CANDIDATE) {
                    due.add(new Due(PromotionEvent.of(event, newest, Instant.now()), 0, true));
                    break;
                }
            }
        }
    }

    /** The gate has decided. */
    void decided(CheckpointEvent promotion) {
        due.add(new Due(promotion, NONE, false));
    }

    /** A checkpoint is taken. */
    void snapshot(long checkpoint) throws Exception {
        state.clear();
        for (int i = 0; i < due.size(); i++) {
            Due one = due.get(i);
            due.set(i, new Due(one.event(), Math.min(one.checkpoint(), checkpoint), one.again()));
            state.add(serialized(one.event()));
        }
    }

    /** The event in the wire format. */
    byte[] serialized(CheckpointEvent event) {
        return Objects.requireNonNull(
                serializer.serialize(config.topics().checkpoints(), event), "a value");
    }

    /** A checkpoint is complete: sends what it holds. */
    void complete(long checkpoint) throws InterruptedException {
        for (Due one : List.copyOf(due)) {
            if (one.checkpoint() <= checkpoint) {
                if (!one.again() || !isSent(one.event())) {
                    CheckpointAnnouncement.send(config, one.event());
                    LOG.info("promoted version {}", one.event().getVersion());
                    events.promoted(one.event());
                }
                due.remove(one);
            }
        }
    }

    private boolean isSent(CheckpointEvent event) {
        return events(event.getRunId(), event.getVersion()).stream()
                .anyMatch(known -> known.getEventId().equals(event.getEventId()));
    }

    /** The events of a version that are visible. */
    private List<CheckpointEvent> events(String runId, long version) {
        List<CheckpointEvent> found = new ArrayList<>();
        records.readAll(
                config,
                event -> {
                    if (event.getModel().equals(config.model().name())
                            && event.getRunId().equals(runId)
                            && event.getVersion() == version) {
                        found.add(event);
                    }
                });
        return found;
    }

    /**
     * A promotion of this job is visible. If the files went away meanwhile, it is revoked, as
     * {@code kiln checkpoints promote} does.
     */
    void visible(CheckpointEvent promotion) throws InterruptedException {
        for (CheckpointFile file : promotion.getFiles()) {
            try {
                Artifacts.verify(file);
            } catch (IOException | RuntimeException e) {
                LOG.warn("version {} is revoked again: {}", promotion.getVersion(), e.getMessage());
                events.revoked(promotion, String.valueOf(e.getMessage()));
                CheckpointAnnouncement.send(
                        config,
                        CheckpointEvent.newBuilder(
                                        CheckpointEvents.withStatus(
                                                promotion, CheckpointStatus.REVOKED, Instant.now()))
                                .setPromotion(null)
                                .build());
                return;
            }
        }
    }
}
