package io.kiln.demo.report;

import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.OffsetRange;
import io.kiln.schemas.TrainingStep;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/** Records as a run would write them. */
final class Records {
    private Records() {}

    static TrainingStep step(long step, double loss) {
        return new TrainingStep(
                "run",
                step,
                step * 32,
                "batch-" + step,
                0,
                step,
                32,
                false,
                loss,
                0.02,
                0.04,
                1.0,
                0.2,
                150.0,
                0.1);
    }

    static TrainingStep skipped(long step) {
        return new TrainingStep(
                "run",
                step,
                step * 32,
                "bad",
                0,
                step,
                32,
                true,
                Double.NaN,
                0.02,
                0.04,
                Double.NaN,
                0.2,
                150.0,
                0.1);
    }

    /** Losses 1, 0.99, 0.98 … of as many steps. */
    static List<TrainingStep> steps(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> step(i, 1.01 - i * 0.01)).toList();
    }

    static DeadLetterRecord deadLetter(String source, String reason, String detail) {
        return new DeadLetterRecord(
                0, Instant.EPOCH, reason, detail, "images", 0, 7, source, "id", 100, 0, false);
    }

    static CheckpointEvent event(long version, long step) {
        return new CheckpointEvent(
                "run-v" + version,
                "run",
                "demo",
                version,
                version == 1 ? null : version - 1,
                step,
                step * 32,
                List.of(new OffsetRange("images", 0, 0L, step * 32)),
                List.of(
                        new CheckpointFile(
                                FileRole.ENCODER,
                                "file:/artifacts/v" + version + "/encoder.safetensors",
                                "safetensors",
                                2_000_000L,
                                "ab".repeat(32))),
                "{}",
                "cd".repeat(32),
                new InputSpec(64, 64, 3, List.of(0.5, 0.5, 0.5), List.of(0.2, 0.2, 0.2)),
                "timm",
                0.9,
                null,
                0.02,
                "fp32",
                7L,
                "0.1.0",
                Instant.parse("2026-01-02T03:04:05Z"),
                CheckpointStatus.CANDIDATE);
    }
}
