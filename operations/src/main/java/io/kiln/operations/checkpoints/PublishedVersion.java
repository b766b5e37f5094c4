package io.kiln.operations.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointStatus;

/** A version, and what has been said of it since it was announced. */
public final class PublishedVersion {
    private final CheckpointEvent event;
    private boolean promoted;
    private boolean revoked;
    private boolean retired;
    private int said;

    /**
     * @param event that announced it
     */
    public PublishedVersion(CheckpointEvent event) {
        this.event = event;
    }

    /** Takes note of a later event's status. */
    public void becomes(CheckpointStatus status) {
        said++;
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

    /** Whether its files must be there. */
    public boolean isKept() {
        return promoted || !(revoked || retired);
    }

    /** Whether its files may have been deleted for their age. */
    public boolean isRetired() {
        return retired;
    }

    /** How many events told of it after the first. */
    int said() {
        return said;
    }

    /** What it is now: promoted outweighs retired, as promoted files are kept. */
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
