package io.kiln.schemas;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Decides which checkpoint events count, in the order of their topic: no event changes what an
 * earlier one said of its version. An event counts once. The first announcement of a version
 * stands, and must lie between those of the versions around it. A status needs an announced
 * version.
 */
public final class RunEvents {
    private record Run(String model, String runId) {}

    private record Announced(long step, long samplesSeen) {
        boolean isBefore(Announced later) {
            return step <= later.step && samplesSeen <= later.samplesSeen;
        }
    }

    /** One run's events so far. */
    private static final class Seen {
        private final Set<String> ids = new HashSet<>();
        private final NavigableMap<Long, Announced> versions = new TreeMap<>();
    }

    private final Map<Run, Seen> runs = new HashMap<>();
    private final boolean fromTheBeginning;

    private RunEvents(boolean fromTheBeginning) {
        this.fromTheBeginning = fromTheBeginning;
    }

    /** For a reader of all events. */
    public static RunEvents fromTheBeginning() {
        return new RunEvents(true);
    }

    /** For a reader that begins later: a status may be of a version that was announced before. */
    public static RunEvents fromLater() {
        return new RunEvents(false);
    }

    /**
     * Takes the next event.
     *
     * @return why it does not count; empty if it does
     */
    public Optional<String> add(CheckpointEvent event) {
        Seen seen =
                runs.computeIfAbsent(
                        new Run(event.getModel(), event.getRunId()), run -> new Seen());
        Optional<String> refusal = refusal(event, seen);
        if (refusal.isEmpty()) {
            seen.ids.add(event.getEventId());
            if (event.getStatus() == CheckpointStatus.CANDIDATE) {
                seen.versions.put(event.getVersion(), announced(event));
            }
        }
        return refusal;
    }

    private Optional<String> refusal(CheckpointEvent event, Seen seen) {
        if (seen.ids.contains(event.getEventId())) {
            return Optional.of("event " + event.getEventId() + " occurs again");
        }
        boolean known = seen.versions.containsKey(event.getVersion());
        if (event.getStatus() != CheckpointStatus.CANDIDATE) {
            return known || !fromTheBeginning
                    ? Optional.empty()
                    : Optional.of(
                            event.getStatus()
                                    + " of "
                                    + name(event)
                                    + ", which no earlier event announces");
        }
        if (known) {
            return Optional.of(name(event) + " is announced again");
        }
        Announced announced = announced(event);
        Map.Entry<Long, Announced> below = seen.versions.lowerEntry(event.getVersion());
        Map.Entry<Long, Announced> above = seen.versions.higherEntry(event.getVersion());
        if (below != null && !below.getValue().isBefore(announced)
                || above != null && !announced.isBefore(above.getValue())) {
            return Optional.of(
                    name(event)
                            + " is of step "
                            + event.getStep()
                            + " and "
                            + event.getSamplesSeen()
                            + " images, which contradicts the versions before and behind it");
        }
        return Optional.empty();
    }

    private static Announced announced(CheckpointEvent event) {
        return new Announced(event.getStep(), event.getSamplesSeen());
    }

    private static String name(CheckpointEvent event) {
        return event.getRunId() + " v" + event.getVersion();
    }
}
