package io.kiln.operations.audit;

import io.kiln.checkpoints.ArtifactMismatchException;
import io.kiln.checkpoints.Artifacts;
import io.kiln.operations.audit.Finding.Kind;
import io.kiln.operations.checkpoints.PublishedVersion;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.OffsetRange;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoint events: each once, versions without gap, counters that agree with the steps, files
 * that are what the event says.
 */
final class CheckpointLedger {
    private final Findings findings;
    private final Map<String, RunLedger> runs;
    private final Set<String> eventIds = new HashSet<>();
    private final Map<String, CheckpointEvent> lastOfRun = new LinkedHashMap<>();
    private final Map<String, PublishedVersion> versions = new LinkedHashMap<>();
    private long events;

    /**
     * @param runs what the steps said, by run
     */
    CheckpointLedger(Map<String, RunLedger> runs, Findings findings) {
        this.runs = runs;
        this.findings = findings;
    }

    /**
     * Counts an event.
     *
     * @param place of its record
     */
    void add(CheckpointEvent event, String place) {
        events++;
        if (!eventIds.add(event.getEventId())) {
            findings.add(Kind.DUPLICATED, place, "event " + event.getEventId() + " comes again");
            return;
        }
        String version = version(event);
        if (event.getStatus() == CheckpointStatus.CANDIDATE) {
            requireNext(event, place, lastOfRun.put(event.getRunId(), event));
            requireSteps(event, place);
            versions.put(version, new PublishedVersion(event));
            return;
        }
        PublishedVersion announced = versions.get(version);
        if (announced == null) {
            findings.add(
                    Kind.UNEXPLAINED,
                    place,
                    event.getStatus() + " of " + version + ", which no event before announces");
        } else {
            announced.becomes(event.getStatus());
        }
    }

    private static String version(CheckpointEvent event) {
        return event.getRunId() + " v" + event.getVersion();
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
        if (previous != null && event.getStep() < previous.getStep()) {
            findings.add(
                    Kind.UNEXPLAINED,
                    place,
                    version(event)
                            + " is of step "
                            + event.getStep()
                            + ", the version before of step "
                            + previous.getStep());
        }
        if (previous != null) {
            for (OffsetRange range : previous.getOffsets()) {
                requireContinued(event, range, place);
            }
        }
    }

    /** What a version has seen, the next has seen too. */
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
                            + " has not seen all that its parent has: "
                            + Finding.place(
                                    before.getTopic(),
                                    before.getPartition(),
                                    before.getFirst(),
                                    before.getLast()));
        }
    }

    private void requireSteps(CheckpointEvent event, String place) {
        RunLedger run = runs.get(event.getRunId());
        Long samples = run == null ? null : run.samplesAt(event.getStep());
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
        if (run != null && event.getStep() > run.lastStep()) {
            findings.add(
                    Kind.LOST,
                    place,
                    version(event)
                            + " is of step "
                            + event.getStep()
                            + ", but the steps end with "
                            + run.lastStep());
        }
    }

    /**
     * Reads every file of every version that is neither revoked nor retired, or is promoted.
     *
     * @param news called if anything is wrong, to hear what was {@link #said} meanwhile: a version
     *     may have been retired while the files were read
     * @return files that are what their events say
     */
    long verifyFiles(Runnable news) {
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
            news.run();
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

    /** Takes note of what an event says of a version announced before. */
    void said(CheckpointEvent event) {
        PublishedVersion version = versions.get(version(event));
        if (version != null) {
            version.becomes(event.getStatus());
        }
    }

    /** How many versions have been retired. */
    long retired() {
        return versions.values().stream().filter(PublishedVersion::isRetired).count();
    }

    long events() {
        return events;
    }

    /** How many runs have published. */
    int runs() {
        return lastOfRun.size();
    }
}
