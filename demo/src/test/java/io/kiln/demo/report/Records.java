package io.kiln.demo.report;

import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TrainingStep;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/** What a demo run writes. */
final class Records {
    private Records() {}

    static TrainingStep step(long step, double loss) {
        return TestRecords.step("run", step).setLoss(loss).build();
    }

    static TrainingStep skipped(long step) {
        return TestRecords.step("run", step)
                .setBatchId("bad")
                .setSkipped(true)
                .setLoss(Double.NaN)
                .setGradientNorm(Double.NaN)
                .build();
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
        CheckpointFile encoder =
                new CheckpointFile(
                        FileRole.ENCODER,
                        "file:/artifacts/v" + version + "/model.safetensors",
                        "safetensors",
                        2_000_000L,
                        "ab".repeat(32));
        return TestRecords.event("demo", "run", version, step).setFiles(List.of(encoder)).build();
    }
}
