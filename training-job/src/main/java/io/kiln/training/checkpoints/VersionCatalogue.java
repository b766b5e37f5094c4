package io.kiln.training.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.Promotions;
import io.kiln.schemas.RunEvents;
import java.time.Instant;
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
        private @Nullable CheckpointEvent event; // null once it is retired for good, to save memory
        private boolean promoted;
        private int retirements;

        private Version(CheckpointEvent event) {
            steps.add(event.getStep());
            this.event = event;
        }

        private boolean isRetired() {
            return retirements > 0;
        }
    }

    private final String model;
    private final String runId;
    private final RunEvents events = RunEvents.fromTheBeginning();
    private final Promotions promotions = new Promotions();
    private final NavigableMap<Long, Version> versions = new TreeMap<>();
    private final Set<Long> chosen = new HashSet<>(); // by people, whatever the job says of them

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
        if (event.getStatus() == CheckpointStatus.CANDIDATE) {
            versions.put(event.getVersion(), new Version(event));
        } else if (known != null) {
            known.promoted = promotions.add(event);
            if (!known.promoted) {
                chosen.remove(event.getVersion());
            } else if (event.getStatus() == CheckpointStatus.PROMOTED
                    && event.getPromotion() == null) {
                chosen.add(event.getVersion());
            }
            known.retirements += event.getStatus() == CheckpointStatus.RETIRED ? 1 : 0;
            known.event = known.isRetired() && !known.promoted ? null : known.event;
        }
        return true;
    }

    /** Whether an event announces this version. */
    public boolean announced(long version) {
        return versions.containsKey(version);
    }

    /**
     * Versions to be retired: those that are neither promoted, nor among the newest, nor a multiple
     * that is kept. Of the versions that the evaluation job alone has promoted, only so many count
     * as promoted, and the one promoted last in any case.
     *
     * @param keepLast number of the newest versions to keep
     * @param keepEvery of the older versions, multiples of this are kept; 0 for none
     * @param keepPromoted number of versions promoted by the evaluation job to keep, at least 1
     * @return the events that retire them, oldest version first
     */
    List<CheckpointEvent> expired(int keepLast, int keepEvery, int keepPromoted) {
        List<CheckpointEvent> expired = new ArrayList<>();
        Set<Long> promoted = keptPromotions(keepPromoted);
        int older = versions.size() - keepLast;
        for (Map.Entry<Long, Version> entry : versions.entrySet()) {
            if (older-- <= 0) {
                break;
            }
            Version version = entry.getValue();
            boolean keptMultiple = keepEvery > 0 && entry.getKey() % keepEvery == 0;
            if (version.event != null && !promoted.contains(entry.getKey()) && !keptMultiple) {
                expired.add(retired(version.event, version.retirements));
            }
        }
        return expired;
    }

    private Set<Long> keptPromotions(int keepPromoted) {
        List<CheckpointEvent> all = promotions.of(model, runId);
        Set<Long> kept = new HashSet<>();
        int byTheJob = 0;
        for (int i = all.size() - 1; i >= 0; i--) {
            long version = all.get(i).getVersion();
            if (chosen.contains(version) || byTheJob++ < keepPromoted || i == all.size() - 1) {
                kept.add(version);
            }
        }
        return kept;
    }

    /** An event that did not count, because the version was in use, is followed by another one. */
    private static CheckpointEvent retired(CheckpointEvent candidate, int before) {
        CheckpointEvent event =
                CheckpointEvents.withStatus(candidate, CheckpointStatus.RETIRED, Instant.now());
        if (before > 0) {
            event.put("eventId", event.getEventId() + "-" + (before + 1));
        }
        return event;
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
