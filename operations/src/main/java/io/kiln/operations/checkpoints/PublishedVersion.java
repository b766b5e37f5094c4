package io.kiln.operations.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Promotions;
import java.util.ArrayList;
import java.util.List;

/** A version with the status changes since it was announced. */
public final class PublishedVersion {
    private final CheckpointEvent event;
    private boolean promoted;
    private boolean revoked;
    private boolean retired;
    private int changes;
    private List<CheckpointFile> adapter = List.of();

    /**
     * @param event the event that announced it
     */
    public PublishedVersion(CheckpointEvent event) {
        this.event = event;
    }

    /**
     * Applies the status of a later event. A promotion may name an adapter besides.
     *
     * @param promotions of all events until then, without this one
     */
    public void becomes(CheckpointEvent later, Promotions promotions) {
        changes++;
        promoted = promotions.add(later);
        switch (later.getStatus()) {
            case PROMOTED -> {
                adapter = CheckpointEvents.file(later, FileRole.ADAPTER).stream().toList();
                revoked = false;
            }
            case REVOKED -> revoked = true;
            case RETIRED -> retired = true;
            case CANDIDATE, UNKNOWN -> {}
        }
    }

    /** The event that announced it. */
    public CheckpointEvent event() {
        return event;
    }

    /**
     * The event that announced it, with the status that it has now, and, once it was promoted, with
     * the adapter.
     */
    public CheckpointEvent current() {
        List<CheckpointFile> files = new ArrayList<>(event.getFiles());
        files.addAll(adapter);
        return CheckpointEvent.newBuilder(event).setStatus(status()).setFiles(files).build();
    }

    /** Whether its files must exist. */
    public boolean isKept() {
        return promoted || !(revoked || retired);
    }

    /** Whether its files may have been deleted because of their age. */
    public boolean isRetired() {
        return retired;
    }

    /** The adapter that the last promotion has named, if it did. */
    List<CheckpointFile> adapter() {
        return adapter;
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
