package io.kiln.training.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.InputSpec;
import io.kiln.training.job.TestBatches;
import java.time.Instant;
import java.util.List;

/** Events of the run of {@link TestBatches#config}, ten steps a version. */
public final class TestEvents {
    private TestEvents() {}

    static VersionFolder folder(long version) {
        return new VersionFolder(version, 10 * version);
    }

    public static CheckpointEvent event(long version, CheckpointStatus status) {
        return new CheckpointEvent(
                CheckpointEvents.id("run-1", version, status),
                "run-1",
                "tiny",
                version,
                version == 1 ? null : version - 1,
                folder(version).step(),
                40 * version,
                List.of(),
                List.of(),
                "{}",
                "ab",
                new InputSpec(64, 64, 3, List.of(0.5, 0.5, 0.5), List.of(0.2, 0.2, 0.2)),
                "timm",
                0.9,
                null,
                0.02,
                "fp32",
                version,
                "1",
                Instant.EPOCH,
                status);
    }
}
