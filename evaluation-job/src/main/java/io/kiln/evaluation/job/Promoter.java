package io.kiln.evaluation.job;

import io.kiln.checkpoints.ArtifactMismatchException;
import io.kiln.checkpoints.Artifacts;
import io.kiln.config.KilnConfig;
import io.kiln.evaluation.version.PromotionEvent;
import io.kiln.kafka.CheckpointAnnouncement;
import io.kiln.kafka.Clients;
import io.kiln.kafka.JobRecords;
import io.kiln.kafka.RunClaim;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.RecordSerializer;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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

    private static final String ENDED = "it has been revoked or retired";
    private static final String OVERTAKEN = "a later version has been promoted meanwhile";

    /**
     * A promotion that is due.
     *
     * @param checkpoint the first that holds it
     * @param again whether it may have been sent before
     */
    private record Due(CheckpointEvent event, long checkpoint, boolean again) {}

    private final KilnConfig config;
    private final JobRecords<CheckpointEvent> records;
    private final RunClaim claim;
    private final EvaluationEvents events;
    private final RecordSerializer<CheckpointEvent> serializer;
    private final ListState<byte[]> state;
    private final List<Due> due = new ArrayList<>();

    /** Ids of what has been sent and not been read back. */
    private final Set<String> sent = new HashSet<>();

    /**
     * @param claim without which nothing is sent
     * @param events are told of promotions
     * @param newest evaluation, of a job whose state knows nothing of it; null if there is none
     */
    Promoter(
            KilnConfig config,
            JobRecords<CheckpointEvent> records,
            RunClaim claim,
            EvaluationEvents events,
            FunctionInitializationContext context,
            @Nullable Evaluation newest)
            throws Exception {
        this.config = config;
        this.records = records;
        this.claim = claim;
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
        if (newest != null && config.evaluation().promotes()) {
            owed(newest).ifPresent(event -> due.add(new Due(event, 0, true)));
        }
    }

    /** The promotion that belongs to an evaluation; it may have been sent. */
    private Optional<CheckpointEvent> owed(Evaluation newest) {
        if (newest.getGate() == null || !newest.getGate().getPassed()) {
            return Optional.empty();
        }
        return events(newest.getRunId(), newest.getVersion()).stream()
                .filter(event -> event.getStatus() == CheckpointStatus.CANDIDATE)
                .findFirst()
                .map(event -> PromotionEvent.of(event, newest, Instant.now()));
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

    /**
     * A version is revoked or retired: what is due of it is not sent any more.
     *
     * @return the promotions that nobody will see
     */
    List<CheckpointEvent> withdraw(CheckpointEvent ending) {
        List<CheckpointEvent> withdrawn =
                due.stream()
                        .map(Due::event)
                        .filter(event -> event.getRunId().equals(ending.getRunId()))
                        .filter(event -> event.getVersion() == ending.getVersion())
                        .toList();
        due.removeIf(one -> withdrawn.contains(one.event()));
        for (CheckpointEvent event : withdrawn) {
            LOG.info("version {} is not promoted: {}", event.getVersion(), ENDED);
            events.refused(event, List.of(ENDED));
        }
        return withdrawn;
    }

    /** A checkpoint is complete: sends what it holds. */
    void complete(long checkpoint) throws InterruptedException {
        for (Due one : List.copyOf(due)) {
            if (one.checkpoint() > checkpoint) {
                continue;
            }
            CheckpointEvent event = one.event();
            List<CheckpointEvent> known = events(event.getRunId(), event.getVersion());
            boolean isSent = known.stream().anyMatch(other -> isSame(other, event));
            if (!isSent && known.stream().anyMatch(Promoter::ends)) {
                continue; // withdrawn when this job comes to read the event that ends it
            }
            if (!isSent && known.stream().anyMatch(other -> isLater(other, event))) {
                due.remove(one); // it would take readers back
                LOG.info("version {} is not promoted: {}", event.getVersion(), OVERTAKEN);
                events.refused(event, List.of(OVERTAKEN));
            } else if (isSent || settle(one)) {
                due.remove(one);
            }
        }
    }

    /** Promotes or revokes, unless the files have to be looked at and cannot be. */
    private boolean settle(Due one) throws InterruptedException {
        CheckpointEvent event = one.event();
        Optional<String> missing = Optional.empty();
        if (one.again()) { // long after the evaluation
            try {
                missing = missing(event);
            } catch (IOException | RuntimeException e) { // file systems of stores throw both
                LOG.warn(
                        "version {} is promoted later: its files cannot be read",
                        event.getVersion(),
                        e);
                return false;
            }
        }
        if (missing.isPresent()) {
            revoke(event, missing.get());
        } else {
            send(event);
        }
        return true;
    }

    private void send(CheckpointEvent event) throws InterruptedException {
        claim.require();
        CheckpointAnnouncement.send(config, event);
        sent.add(event.getEventId());
        LOG.info("promoted version {}", event.getVersion());
        events.promoted(event);
    }

    /** Whether an event ends the use of its version. */
    static boolean ends(CheckpointEvent event) {
        return event.getStatus() == CheckpointStatus.REVOKED
                || event.getStatus() == CheckpointStatus.RETIRED;
    }

    private static boolean isSame(CheckpointEvent one, CheckpointEvent other) {
        return one.getEventId().equals(other.getEventId());
    }

    private static boolean isLater(CheckpointEvent one, CheckpointEvent other) {
        return one.getVersion() > other.getVersion();
    }

    /** The visible events of a version, and the promotions of later ones. */
    private List<CheckpointEvent> events(String runId, long version) {
        List<CheckpointEvent> found = new ArrayList<>();
        records.readAll(
                config,
                event -> {
                    boolean isWanted =
                            event.getVersion() == version
                                    || (event.getVersion() > version
                                            && event.getStatus() == CheckpointStatus.PROMOTED);
                    if (event.getModel().equals(config.model().name())
                            && event.getRunId().equals(runId)
                            && isWanted) {
                        found.add(event);
                    }
                });
        return found;
    }

    /**
     * A promotion of this job is visible. If the files went away meanwhile, or the version was
     * revoked before, it is revoked, as {@code kiln checkpoints promote} does.
     *
     * @param isNew whether it was not there when a job began without state
     * @throws IOException if the files cannot be read; the job starts again and reads the event
     *     again
     */
    void visible(CheckpointEvent promotion, boolean isNew)
            throws IOException, InterruptedException {
        boolean before = due.removeIf(one -> isSame(one.event(), promotion)); // sent, then failed
        if (!sent.remove(promotion.getEventId()) && !before && !isNew) {
            return;
        }
        boolean ended =
                events(promotion.getRunId(), promotion.getVersion()).stream()
                        .takeWhile(event -> !isSame(event, promotion))
                        .anyMatch(Promoter::ends);
        Optional<String> reason = ended ? Optional.of(ENDED) : missing(promotion);
        if (reason.isPresent()) {
            revoke(promotion, reason.get());
        }
    }

    /**
     * Which file of a version is missing or another one, if any is.
     *
     * @throws IOException if one cannot be read, which says nothing of it
     */
    private static Optional<String> missing(CheckpointEvent event) throws IOException {
        for (CheckpointFile file : event.getFiles()) {
            try {
                Artifacts.verify(file);
            } catch (ArtifactMismatchException e) {
                return Optional.of(String.valueOf(e.getMessage()));
            }
        }
        return Optional.empty();
    }

    private void revoke(CheckpointEvent promotion, String reason) throws InterruptedException {
        claim.require();
        LOG.warn("version {} is revoked again: {}", promotion.getVersion(), reason);
        events.revoked(promotion, reason);
        CheckpointAnnouncement.send(
                config,
                CheckpointEvent.newBuilder(
                                CheckpointEvents.withStatus(
                                        promotion, CheckpointStatus.REVOKED, Instant.now()))
                        .setPromotion(null)
                        .build());
    }
}
