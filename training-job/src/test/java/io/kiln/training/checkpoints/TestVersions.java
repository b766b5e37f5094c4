package io.kiln.training.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.TestRecords;
import io.kiln.training.job.TestBatches;
import java.time.Instant;

/** Versions of the run of {@link TestBatches#config}, ten steps each. */
final class TestVersions {
    private TestVersions() {}

    static VersionFolder folder(long version) {
        return new VersionFolder(version, 10 * version);
    }

    static CheckpointEvent event(long version, CheckpointStatus status) {
        CheckpointEvent candidate =
                TestRecords.event("tiny", "run-1", version, folder(version).step()).build();
        return CheckpointEvents.withStatus(candidate, status, Instant.EPOCH);
    }
}
