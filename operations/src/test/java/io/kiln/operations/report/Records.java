package io.kiln.operations.report;

import io.kiln.operations.checkpoints.RunName;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.SetFigures;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TrainingStep;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What a run writes. */
final class Records {
    static final Instant BEGIN = Instant.parse("2026-01-02T03:00:00Z");
    static final RunName NAME = new RunName("tiny", "run");

    private Records() {}

    /** A run of steps and events and nothing else. */
    static RunHistory history(List<StepPoint> steps, CheckpointEvent... events) {
        return new RunHistory(
                NAME, steps, List.of(events), List.of(), Map.of(), Map.of(), List.of());
    }

    /** An evaluation of a version with these figures on its anchors. */
    static Evaluation evaluation(long version, long step, double loss, double rank) {
        SetFigures figures = new SetFigures(64, "id", loss, rank, 0.5, 0.0, null, null);
        return Evaluation.newBuilder()
                .setRunId("run")
                .setModel("tiny")
                .setVersion(version)
                .setStep(step)
                .setSamplesSeen(32 * step)
                .setTrainingLoss(0.9)
                .setFeatureSize(512)
                .setAnchors(figures)
                .setRecent(figures)
                .setSkippedVersions(List.of())
                .setProblems(List.of())
                .build();
    }

    static StepPoint step(long step, double loss) {
        return at(step, TestRecords.step("run", step).setLoss(loss).build());
    }

    /** A second passes with each step. */
    private static StepPoint at(long second, TrainingStep step) {
        return StepPoint.of(BEGIN.plusSeconds(second), step);
    }

    static StepPoint skipped(long step) {
        return at(
                step,
                TestRecords.step("run", step)
                        .setBatchId("bad")
                        .setSkipped(true)
                        .setLoss(Double.NaN)
                        .setGradientNorm(Double.NaN)
                        .build());
    }

    /** Losses 1, 0.99, 0.98 … of as many steps. */
    static List<StepPoint> steps(int count) {
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
