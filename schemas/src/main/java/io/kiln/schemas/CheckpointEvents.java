package io.kiln.schemas;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;

/** The events that give one version its statuses. */
public final class CheckpointEvents {
    static {
        TrustedRecords.declare();
    }

    private CheckpointEvents() {}

    /** Id of the event that gives a version a status. */
    public static String id(String runId, long version, CheckpointStatus status) {
        return runId + "-v" + version + "-" + status.name().toLowerCase(Locale.ROOT);
    }

    /** The file of a role, if the event names one. */
    public static Optional<CheckpointFile> file(CheckpointEvent event, FileRole role) {
        return event.getFiles().stream().filter(file -> file.getRole() == role).findFirst();
    }

    /**
     * The event that gives a version another status. All else is as in the event that announced the
     * version.
     *
     * @param at when the status was decided
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
