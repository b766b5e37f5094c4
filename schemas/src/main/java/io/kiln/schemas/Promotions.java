package io.kiln.schemas;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The promoted versions of runs, in the order of their promotion. A version stays among them until
 * it is revoked or retired. Of each run the one promoted last cannot be retired: services may use
 * it.
 */
public final class Promotions {
    private record Run(String model, String runId) {}

    private final Map<Run, LinkedHashMap<Long, CheckpointEvent>> runs = new HashMap<>();

    /**
     * Takes the next event.
     *
     * @return whether its version is promoted from now on
     */
    public boolean add(CheckpointEvent event) {
        Map<Long, CheckpointEvent> promoted =
                runs.computeIfAbsent(
                        new Run(event.getModel(), event.getRunId()), run -> new LinkedHashMap<>());
        long version = event.getVersion();
        switch (event.getStatus()) {
            case PROMOTED -> {
                promoted.remove(version); // it comes last again
                promoted.put(version, event);
            }
            case REVOKED -> promoted.remove(version);
            case RETIRED -> {
                if (!isLast(version, promoted)) {
                    promoted.remove(version);
                }
            }
            case CANDIDATE, UNKNOWN -> {} // the latter of a later Kiln
        }
        return promoted.containsKey(version);
    }

    private static boolean isLast(long version, Map<Long, CheckpointEvent> promoted) {
        return promoted.keySet().stream().reduce((before, after) -> after).orElse(0L) == version;
    }

    /** The events that promote versions of a run, in their order. */
    public List<CheckpointEvent> of(String model, String runId) {
        Map<Long, CheckpointEvent> promoted = runs.get(new Run(model, runId));
        return promoted == null ? List.of() : List.copyOf(promoted.values());
    }
}
