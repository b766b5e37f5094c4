package io.kiln.operations.checkpoints;

import io.kiln.checkpoints.Artifacts;
import io.kiln.checkpoints.CurrentVersion;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.CheckpointAnnouncement;
import io.kiln.kafka.Clients;
import io.kiln.operations.OperationException;
import io.kiln.schemas.AdapterFile;
import io.kiln.schemas.BrokerException;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Compatibility;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.Promotions;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RunEvents;
import io.kiln.schemas.TopicReader;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The versions of a run, and the events that change their status. */
public final class RunVersions {
    private final KilnConfig config;
    private final RunName run;

    /**
     * @param config configuration of the deployment; model.name and training.runId select the run
     */
    public RunVersions(KilnConfig config) {
        this(config, RunName.of(config));
    }

    /**
     * @param config configuration of the deployment
     * @param run whose versions are meant
     */
    public RunVersions(KilnConfig config, RunName run) {
        this.config = config;
        this.run = run;
    }

    /** All versions, oldest first. */
    public Collection<PublishedVersion> all() {
        return read().values();
    }

    /**
     * One version.
     *
     * @throws OperationException if the run has no such version
     */
    public PublishedVersion get(long version) {
        NavigableMap<Long, PublishedVersion> versions = read();
        PublishedVersion found = versions.get(version);
        if (found == null) {
            throw new OperationException(
                    "run "
                            + run.run()
                            + " of model "
                            + run.model()
                            + " has no version "
                            + version
                            + "; it has "
                            + (versions.isEmpty()
                                    ? "none"
                                    : versions.firstKey() + " to " + versions.lastKey())
                            + " (model.name and training.runId select the run)");
        }
        return found;
    }

    /**
     * Marks a version as chosen for use, and as the one promoted last; its files are kept until it
     * is revoked.
     *
     * @return whether an event was sent; there is none if a person has promoted it, and nobody
     *     another one since
     * @throws OperationException if its files are missing or have changed
     */
    public boolean promote(long version) {
        PublishedVersion before = get(version);
        boolean isChosen =
                inUse().filter(event -> isOfRun(event) && event.getVersion() == version)
                        .filter(event -> event.getPromotion() == null) // the gate's has one
                        .isPresent();
        if (isChosen) {
            return false;
        }
        requireFiles(before);
        announce(before, CheckpointStatus.PROMOTED, adapter(before));
        PublishedVersion after = get(version); // it may have been retired meanwhile
        try {
            requireFiles(after);
        } catch (OperationException e) {
            announce(after, CheckpointStatus.REVOKED, List.of());
            throw e;
        }
        return true;
    }

    /**
     * Marks a version as no longer to be used.
     *
     * @return whether the status changed
     */
    public boolean revoke(long version) {
        PublishedVersion before = get(version);
        if (before.status() == CheckpointStatus.REVOKED) {
            return false;
        }
        announce(before, CheckpointStatus.REVOKED, List.of());
        return true;
    }

    /** The adapter that the version was promoted with, else the one that was filed for it. */
    private List<CheckpointFile> adapter(PublishedVersion version) {
        return Stream.concat(version.adapter().stream(), filedAdapter(version.event().getVersion()))
                .filter(RunVersions::isWhole)
                .limit(1)
                .toList(); // a promotion does without
    }

    /** The adapter that the evaluation job filed, if it is from the version in use. */
    private Stream<CheckpointFile> filedAdapter(long version) {
        Compatibility compatibility =
                RunEvaluations.of(config)
                        .of(version)
                        .map(Evaluation::getCompatibility)
                        .orElse(null);
        if (compatibility == null) {
            return Stream.empty();
        }
        AdapterFile filed = compatibility.getAdapter();
        if (filed == null || !isInUse(compatibility.getRunId(), compatibility.getVersion())) {
            return Stream.empty();
        }
        return Stream.of(
                new CheckpointFile(
                        FileRole.ADAPTER,
                        filed.getUri(),
                        "safetensors",
                        filed.getBytes(),
                        filed.getSha256()));
    }

    private static boolean isWhole(CheckpointFile file) {
        try {
            Artifacts.verify(file);
            return true;
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    private boolean isInUse(String runId, long version) {
        return inUse().filter(event -> event.getRunId().equals(runId))
                .filter(event -> event.getVersion() == version)
                .isPresent();
    }

    /** The event that promoted a version of the model last; empty if none is promoted. */
    private Optional<CheckpointEvent> inUse() {
        CurrentVersion current = new CurrentVersion(config.model().name());
        forEachEvent(current::add);
        return current.event().filter(event -> event.getStatus() == CheckpointStatus.PROMOTED);
    }

    private static void requireFiles(PublishedVersion version) {
        for (CheckpointFile file : version.event().getFiles()) {
            try {
                Artifacts.verify(file);
            } catch (IOException | RuntimeException e) {
                throw new OperationException(
                        "version "
                                + version.event().getVersion()
                                + " cannot be promoted: "
                                + e.getMessage()
                                + (version.isRetired()
                                        ? " (it has been retired; see checkpoints.keepLast and checkpoints.keepEvery)"
                                        : ""),
                        e);
            }
        }
    }

    private NavigableMap<Long, PublishedVersion> read() {
        NavigableMap<Long, PublishedVersion> versions = new TreeMap<>();
        Promotions promotions = new Promotions();
        forEachEvent(event -> add(event, versions, promotions));
        return versions;
    }

    private void forEachEvent(Consumer<CheckpointEvent> action) {
        RecordDeserializer<CheckpointEvent> deserializer =
                new RecordDeserializer<>(
                        Clients.registry(config),
                        CheckpointEvent.class,
                        config.topics().checkpoints());
        RunEvents events = RunEvents.fromTheBeginning();
        try (TopicReader reader = Clients.reader(config)) {
            reader.read(
                    reader.extent(config.topics().checkpoints()),
                    record ->
                            deserializer
                                    .readOrPassOver(record)
                                    .filter(event -> counts(record, events.add(event)))
                                    .ifPresent(action));
        }
    }

    private static boolean counts(ConsumerRecord<byte[], byte[]> record, Optional<String> refusal) {
        refusal.ifPresent(reason -> ForeignRecords.passedOver(record, reason));
        return refusal.isEmpty();
    }

    private void add(
            CheckpointEvent event,
            NavigableMap<Long, PublishedVersion> versions,
            Promotions promotions) {
        if (!isOfRun(event)) {
            return;
        }
        if (event.getStatus() == CheckpointStatus.CANDIDATE) {
            versions.put(event.getVersion(), new PublishedVersion(event));
            return;
        }
        PublishedVersion known = versions.get(event.getVersion());
        if (known != null) {
            known.becomes(event, promotions);
        }
    }

    private boolean isOfRun(CheckpointEvent event) {
        return run.equals(new RunName(event.getModel(), event.getRunId()));
    }

    private void announce(
            PublishedVersion version, CheckpointStatus status, List<CheckpointFile> more) {
        CheckpointEvent event = CheckpointEvents.withStatus(version.event(), status, Instant.now());
        List<CheckpointFile> files = new ArrayList<>(event.getFiles());
        files.addAll(more);
        event.put("files", files);
        // a status can recur, and each event needs an identity of its own
        event.put("eventId", event.getEventId() + "-" + (version.changes() + 1));
        try {
            CheckpointAnnouncement.send(config, event);
        } catch (BrokerException e) {
            throw new OperationException(String.valueOf(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationException("interrupted before the broker accepted the event", e);
        }
    }
}
