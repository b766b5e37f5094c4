package io.kiln.schemas;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** How the events of one version belong together. */
public final class CheckpointEvents {
    static {
        TrustedRecords.declare();
    }

    private CheckpointEvents() {}

    /** Identity of the event that gives a version a status. */
    public static String id(String runId, long version, CheckpointStatus status) {
        return runId + "-v" + version + "-" + status.name().toLowerCase(Locale.ROOT);
    }

    /**
     * The event that gives a version another status; for the rest it says what the first one said.
     *
     * @param at when that is decided
     */
    public static CheckpointEvent withStatus(
            CheckpointEvent event, CheckpointStatus status, Instant at) {
        return CheckpointEvent.newBuilder(event)
                .setEventId(id(event.getRunId(), event.getVersion(), status))
                .setStatus(status)
                .setCreatedAt(at.truncatedTo(ChronoUnit.MILLIS))
                .build();
    }
}
