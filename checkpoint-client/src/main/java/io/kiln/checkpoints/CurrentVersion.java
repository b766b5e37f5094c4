package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Promotions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The version of a model that should be in use, from its events in their order: the one promoted
 * last, or the newest if none is promoted. A version that is revoked or retired is not among them;
 * then it is the one before. Of each run the one promoted last cannot be retired. Not thread-safe.
 */
public final class CurrentVersion {
    private record Version(String runId, long version) {}

    private final String model;
    private final Map<Version, CheckpointEvent> promoted = new LinkedHashMap<>();
    private final Promotions promotions = new Promotions();
    private final Map<Version, CheckpointEvent> announced = new LinkedHashMap<>();

    /**
     * @param model whose events count
     */
    public CurrentVersion(String model) {
        this.model = model;
    }

    /** Takes the next event; one of another model changes nothing. */
    public void add(CheckpointEvent event) {
        if (!event.getModel().equals(model)) {
            return;
        }
        Version version = new Version(event.getRunId(), event.getVersion());
        switch (event.getStatus()) {
            case CANDIDATE -> announced.put(version, event);
            case PROMOTED -> {
                promoted.remove(version); // it comes last again
                promoted.put(version, event);
                promotions.add(event);
            }
            case REVOKED, RETIRED -> {
                boolean kept = promotions.add(event);
                if (!kept) {
                    promoted.remove(version);
                    announced.remove(version);
                }
            }
            case UNKNOWN -> {} // of a later Kiln
        }
    }

    /** The event, as it was added, of the version that should be in use; empty if there is none. */
    public Optional<CheckpointEvent> event() {
        return last(promoted.isEmpty() ? announced : promoted);
    }

    /** The event of a version that may be used; empty if it is revoked, retired or not known. */
    public Optional<CheckpointEvent> event(String runId, long version) {
        Version wanted = new Version(runId, version);
        return Optional.ofNullable(promoted.get(wanted))
                .or(() -> Optional.ofNullable(announced.get(wanted)));
    }

    private static Optional<CheckpointEvent> last(Map<Version, CheckpointEvent> events) {
        return events.values().stream().reduce((before, after) -> after);
    }
}
