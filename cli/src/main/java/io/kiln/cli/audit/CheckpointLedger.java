package io.kiln.cli.audit;

import io.kiln.checkpoints.ArtifactMismatchException;
import io.kiln.checkpoints.Artifacts;
import io.kiln.cli.audit.Finding.Kind;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.OffsetRange;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
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
    private final Map<String, CheckpointFile> files = new LinkedHashMap<>();
    private final Map<String, Set<String>> filesOfVersion = new LinkedHashMap<>();
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
            findings.add(Kind.DOUBLED, place, "event " + event.getEventId() + " comes again");
            return;
        }
        String version = version(event);
        if (event.getStatus() == CheckpointStatus.CANDIDATE) {
            requireNext(event, place, lastOfRun.put(event.getRunId(), event));
            requireSteps(event, place);
            filesOfVersion.put(version, uris(event));
            event.getFiles().forEach(file -> files.put(file.getUri(), file));
        } else if (!filesOfVersion.containsKey(version)) {
            findings.add(
                    Kind.UNEXPLAINED,
                    place,
                    event.getStatus() + " of " + version + ", which no event before announces");
        } else if (event.getStatus() == CheckpointStatus.REVOKED) {
            files.keySet().removeAll(filesOfVersion.getOrDefault(version, Set.of()));
        }
    }

    private static String version(CheckpointEvent event) {
        return event.getRunId() + " v" + event.getVersion();
    }

    private static Set<String> uris(CheckpointEvent event) {
        Set<String> uris = new HashSet<>();
        event.getFiles().forEach(file -> uris.add(file.getUri()));
        return uris;
    }

    private void requireNext(
            CheckpointEvent event, String place, @Nullable CheckpointEvent previous) {
        long expected = previous == null ? 1 : previous.getVersion() + 1;
        if (event.getVersion() != expected) {
            findings.add(
                    event.getVersion() < expected ? Kind.DOUBLED : Kind.LOST,
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
     * Reads every file that an event not revoked names.
     *
     * @return files that are what their events say
     */
    long verifyFiles() {
        long verified = 0;
        for (CheckpointFile file : files.values()) {
            try {
                Artifacts.verify(file);
                verified++;
            } catch (ArtifactMismatchException e) {
                findings.add(
                        e.getCause() instanceof NoSuchFileException ? Kind.MISSING : Kind.CORRUPT,
                        file.getUri(),
                        String.valueOf(e.getMessage()));
            } catch (IOException e) {
                findings.add(Kind.MISSING, file.getUri(), "cannot be read: " + e.getMessage());
            }
        }
        return verified;
    }

    long events() {
        return events;
    }

    /** How many runs have published. */
    int runs() {
        return lastOfRun.size();
    }
}
