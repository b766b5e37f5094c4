package io.kiln.training.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.RunEvents;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions of one run, as the committed checkpoint events announce them. {@link RunEvents}
 * decides which events count.
 */
public final class VersionCatalogue {
    private static final Logger LOG = LoggerFactory.getLogger(VersionCatalogue.class);

    private static final class Version {
        private final Set<Long> steps = new HashSet<>(); // more than one if events contradict
        private @Nullable CheckpointEvent event; // null once it is retired, to save memory
        private boolean promoted;

        private Version(CheckpointEvent event) {
            steps.add(event.getStep());
            this.event = event;
        }

        private boolean isRetired() {
            return event == null;
        }
    }

    private final String model;
    private final String runId;
    private final RunEvents events = RunEvents.fromTheBeginning();
    private final NavigableMap<Long, Version> versions = new TreeMap<>();

    public VersionCatalogue(String model, String runId) {
        this.model = model;
        this.runId = runId;
    }

    /**
     * Adds an event.
     *
     * @return whether it is of this run
     */
    public boolean add(CheckpointEvent event) {
        if (!event.getModel().equals(model) || !event.getRunId().equals(runId)) {
            return false;
        }
        Version known = versions.get(event.getVersion());
        Optional<String> refusal = events.add(event);
        if (refusal.isPresent()) {
            LOG.warn("passed over a checkpoint event: {}", ForeignRecords.printable(refusal.get()));
            if (known != null) {
                known.steps.add(event.getStep()); // never delete what any event names
            }
            return true;
        }
        switch (event.getStatus()) {
            case CANDIDATE -> versions.put(event.getVersion(), new Version(event));
            case PROMOTED -> promoted(known, true);
            case REVOKED -> promoted(known, false);
            case RETIRED -> {
                if (known != null) {
                    known.event = null;
                }
            }
            case UNKNOWN -> {} // of a later Kiln
        }
        return true;
    }

    private static void promoted(@Nullable Version version, boolean promoted) {
        if (version != null) {
            version.promoted = promoted;
        }
    }

    /** Whether an event announces this version. */
    public boolean announced(long version) {
        return versions.containsKey(version);
    }

    /**
     * Versions to be retired: those that are neither promoted, nor among the newest, nor a multiple
     * that is kept.
     *
     * @param keepLast number of the newest versions to keep
     * @param keepEvery of the older versions, multiples of this are kept; 0 for none
     * @return the events that announced them, oldest first
     */
    List<CheckpointEvent> expired(int keepLast, int keepEvery) {
        List<CheckpointEvent> expired = new ArrayList<>();
        int older = versions.size() - keepLast;
        for (Map.Entry<Long, Version> entry : versions.entrySet()) {
            if (older-- <= 0) {
                break;
            }
            Version version = entry.getValue();
            boolean keptMultiple = keepEvery > 0 && entry.getKey() % keepEvery == 0;
            if (version.event != null && !version.promoted && !keptMultiple) {
                expired.add(version.event);
            }
        }
        return expired;
    }

    /**
     * Whether a folder of the store may be deleted. It may if its version is retired and not
     * promoted. It may also if its version was announced with another step: a failed attempt left
     * it. A folder that no committed event announces may be under way, and stays.
     */
    boolean mayBeDeleted(VersionFolder folder) {
        Version version = versions.get(folder.version());
        return version != null
                && (!version.steps.contains(folder.step())
                        || version.isRetired() && !version.promoted);
    }
}
