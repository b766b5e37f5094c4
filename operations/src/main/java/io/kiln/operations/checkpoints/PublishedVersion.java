package io.kiln.operations.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointStatus;

/** A version with the status changes since it was announced. */
public final class PublishedVersion {
    private final CheckpointEvent event;
    private boolean promoted;
    private boolean revoked;
    private boolean retired;
    private int changes;

    /**
     * @param event the event that announced it
     */
    public PublishedVersion(CheckpointEvent event) {
        this.event = event;
    }

    /** Applies the status of a later event. */
    public void becomes(CheckpointStatus status) {
        changes++;
        switch (status) {
            case PROMOTED -> {
                promoted = true;
                revoked = false;
            }
            case REVOKED -> {
                promoted = false;
                revoked = true;
            }
            case RETIRED -> retired = true;
            case CANDIDATE, UNKNOWN -> {}
        }
    }

    /** The event that announced it. */
    public CheckpointEvent event() {
        return event;
    }

    /** The event that announced it, with the status that it has now. */
    public CheckpointEvent current() {
        return CheckpointEvent.newBuilder(event).setStatus(status()).build();
    }

    /** Whether its files must exist. */
    public boolean isKept() {
        return promoted || !(revoked || retired);
    }

    /** Whether its files may have been deleted because of their age. */
    public boolean isRetired() {
        return retired;
    }

    /** The number of status changes. */
    int changes() {
        return changes;
    }

    /**
     * The current status. Promoted takes precedence over retired, because promoted files are kept.
     */
    public CheckpointStatus status() {
        if (promoted) {
            return CheckpointStatus.PROMOTED;
        }
        if (retired) {
            return CheckpointStatus.RETIRED;
        }
        return revoked ? CheckpointStatus.REVOKED : CheckpointStatus.CANDIDATE;
    }
}
