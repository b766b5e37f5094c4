package io.kiln.operations.audit;

import io.kiln.checkpoints.ArtifactMismatchException;
import io.kiln.checkpoints.Artifacts;
import io.kiln.operations.audit.Finding.Kind;
import io.kiln.operations.checkpoints.PublishedVersion;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.OffsetRange;
import io.kiln.schemas.Promotions;
import io.kiln.schemas.RunEvents;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoint events: each occurs once, versions have no gaps, counters agree with the steps,
 * and files match their events.
 */
final class CheckpointLedger {
    private final Findings findings;
    private final Map<String, RunLedger> runs;
    private final Set<List<String>> eventIds = new HashSet<>();
    private final RunEvents order = RunEvents.fromTheBeginning();
    private final Promotions promotions = new Promotions();
    private final Map<List<String>, CheckpointEvent> lastOfRun = new LinkedHashMap<>();
    private final Map<List<String>, PublishedVersion> versions = new LinkedHashMap<>();
    private long events;

    /**
     * @param runs the steps, by run
     */
    CheckpointLedger(Map<String, RunLedger> runs, Findings findings) {
        this.runs = runs;
        this.findings = findings;
    }

    /**
     * Records an event.
     *
     * @param place place of its record
     * @param withSteps whether training-steps must hold steps of its run: retention cannot have
     *     deleted them
     */
    void add(CheckpointEvent event, String place, boolean withSteps) {
        events++;
        Optional<String> refusal = order.add(event);
        if (refusal.isPresent()) {
            boolean again = !eventIds.add(identity(event));
            findings.add(again ? Kind.DUPLICATED : Kind.UNEXPLAINED, place, refusal.get());
            return;
        }
        eventIds.add(identity(event));
        if (event.getStatus() == CheckpointStatus.CANDIDATE) {
            requireNext(event, place, lastOfRun.put(run(event), event));
            requireSteps(event, place, withSteps);
            versions.put(key(event), new PublishedVersion(event));
            return;
        }
        PublishedVersion announced = versions.get(key(event));
        if (announced != null) {
            announced.becomes(event, promotions);
        }
    }

    private static String version(CheckpointEvent event) {
        return event.getRunId() + " v" + event.getVersion();
    }

    private static List<String> identity(CheckpointEvent event) {
        return List.of(event.getModel(), event.getRunId(), event.getEventId());
    }

    private static List<String> run(CheckpointEvent event) {
        return List.of(event.getModel(), event.getRunId());
    }

    private static List<String> key(CheckpointEvent event) {
        return List.of(event.getModel(), version(event));
    }

    private void requireNext(
            CheckpointEvent event, String place, @Nullable CheckpointEvent previous) {
        long expected = previous == null ? 1 : previous.getVersion() + 1;
        if (event.getVersion() != expected) {
            findings.add(
                    event.getVersion() < expected ? Kind.DUPLICATED : Kind.LOST,
                    place,
                    event.getRunId()
                            + " announces version "
                            + event.getVersion()
                            + "; expected "
                            + expected);
            return;
        }
        if (previous != null) {
            for (OffsetRange range : previous.getOffsets()) {
                requireContinued(event, range, place);
            }
        }
    }

    /** A version has seen everything that its predecessor has seen. */
    private void requireContinued(CheckpointEvent event, OffsetRange before, String place) {
        boolean continued =
                event.getOffsets().stream()
                        .anyMatch(
                                range ->
                                        range.getTopic().equals(before.getTopic())
                                                && range.getPartition() == before.getPartition()
                                                && range.getFirst() <= before.getFirst()
                                                && range.getLast() >= before.getLast());
        if (!continued) {
            findings.add(
                    Kind.UNEXPLAINED,
                    place,
                    version(event)
                            + " has not seen all records that its parent has seen: "
                            + Finding.place(
                                    before.getTopic(),
                                    before.getPartition(),
                                    before.getFirst(),
                                    before.getLast()));
        }
    }

    private void requireSteps(CheckpointEvent event, String place, boolean withSteps) {
        RunLedger run = runs.get(event.getRunId());
        if (run == null) {
            if (withSteps && event.getStep() > 0) {
                stepIsLost(event, place, "there is no step of this run");
            }
            return;
        }
        Long samples = run.samplesAt(event.getStep());
        if (samples != null && samples != event.getSamplesSeen()) {
            findings.add(
                    Kind.UNEXPLAINED,
                    place,
                    version(event)
                            + " says "
                            + event.getSamplesSeen()
                            + " images seen at step "
                            + event.getStep()
                            + "; the step says "
                            + samples);
        }
        if (event.getStep() > run.lastStep()) {
            stepIsLost(event, place, "the last step is " + run.lastStep());
        }
    }

    private void stepIsLost(CheckpointEvent event, String place, String but) {
        findings.add(
                Kind.LOST,
                place,
                version(event) + " is of step " + event.getStep() + ", but " + but);
    }

    /**
     * Reads the files of all versions that are promoted, or neither revoked nor retired.
     *
     * @param updates called if a file is wrong, to apply later events with {@link #update}: the
     *     version may have been retired while its files were read
     * @return number of files that match their events
     */
    long verifyFiles(Runnable updates) {
        long verified = 0;
        Map<PublishedVersion, List<Finding>> wrong = new LinkedHashMap<>();
        for (PublishedVersion version : versions.values()) {
            if (version.isKept()) {
                List<Finding> found =
                        version.event().getFiles().stream()
                                .flatMap(CheckpointLedger::wrong)
                                .toList();
                verified += version.event().getFiles().size() - found.size();
                wrong.put(version, found);
            }
        }
        if (wrong.values().stream().anyMatch(found -> !found.isEmpty())) {
            updates.run();
        }
        wrong.forEach(
                (version, found) -> {
                    if (version.isKept()) {
                        found.forEach(f -> findings.add(f.kind(), f.place(), f.message()));
                    }
                });
        return verified;
    }

    private static Stream<Finding> wrong(CheckpointFile file) {
        try {
            Artifacts.verify(file);
            return Stream.empty();
        } catch (ArtifactMismatchException e) {
            Kind kind = e.getCause() instanceof NoSuchFileException ? Kind.MISSING : Kind.CORRUPT;
            return Stream.of(new Finding(kind, file.getUri(), String.valueOf(e.getMessage())));
        } catch (IOException e) {
            return Stream.of(
                    new Finding(Kind.MISSING, file.getUri(), "cannot be read: " + e.getMessage()));
        }
    }

    /** Applies the status of an event to a version announced before. */
    void update(CheckpointEvent event) {
        PublishedVersion version = versions.get(key(event));
        if (version != null && order.add(event).isEmpty()) {
            version.becomes(event, promotions);
        }
    }

    /** The number of retired versions. */
    long retired() {
        return versions.values().stream().filter(PublishedVersion::isRetired).count();
    }

    long events() {
        return events;
    }

    /** The number of runs that have published. */
    int runs() {
        return lastOfRun.size();
    }
}
