package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TrainingStep;
import java.nio.file.Path;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run's state, steps and events tell what was done: other settings of batches, batches that are
 * skipped, and divergence do not go unnoticed.
 */
@Timeout(120)
class TruthfulRunIT {
    @TempDir static Path directory;

    @BeforeAll
    static void start() {
        TrainingHarness.createTopics();
    }

    private static KilnConfig config(String artifacts, String... more) {
        return TrainingHarness.config(directory.resolve(artifacts), more);
    }

    @Test
    void batchMaskedOtherwiseEndsTheJobWithBothValues() throws Exception {
        try (var harness =
                new TrainingHarness(
                        config("otherwise", "masking.maskRatio=0.75", "masking.seed=7"))) {
            harness.open();
            harness.process(TestBatches.batch(0), 5);
            TrainingHarness.requireEnded(
                    harness::nothingComes,
                    "offset 5",
                    "masking.maskRatio: the batch has 0.6, configured is 0.75",
                    "masking.seed: the batch has 42, configured is 7",
                    "training.otherMasking=take");
        }
    }

    @Test
    void maskingThatIsTakenFromBatchesIsRecordedAsWhatItWas() throws Exception {
        String asConfigured;
        try (var harness = new TrainingHarness(config("configured"))) {
            harness.open();
            harness.train(0, 3);
            harness.endInput();
            asConfigured = harness.events().get(0).getConfigurationHash();
        }
        String[] other = {"masking.maskRatio=0.75", "training.otherMasking=take"};
        OperatorSubtaskState state;
        try (var harness = new TrainingHarness(config("taken", other))) {
            harness.open();
            harness.train(0, 3);
            harness.prepareSnapshotPreBarrier(1);
            assertThat(harness.events().get(0).getConfigurationHash()).isEqualTo(asConfigured);
            state = harness.snapshot(1, 1);
        }
        try (var harness = new TrainingHarness(config("taken-again", other))) {
            harness.initializeState(state);
            harness.open();
            harness.train(3, 6);
            harness.endInput();
            assertThat(harness.events().get(0).getConfigurationHash()).isEqualTo(asConfigured);
        }
        try (var harness = new TrainingHarness(config("meant", "masking.maskRatio=0.75"))) {
            assertThatThrownBy(() -> harness.initializeState(state))
                    .hasStackTraceContaining(
                            "masking.maskRatio: trained with 0.6, configured is 0.75");
        }
    }

    @Test
    void skippedBatchIsToldWhenTrainingGoesOn() throws Exception {
        try (var harness = new TrainingHarness(config("skips"))) {
            harness.open();
            harness.train(0, 1);
            harness.process(TestBatches.untrainable(1), 1);
            harness.process(TestBatches.untrainable(2), 2);
            harness.nothingComes();
            assertThat(harness.steps()).hasSize(1);
            harness.train(3, 4);
            assertThat(harness.steps())
                    .extracting(TrainingStep::getBatchOffset)
                    .containsExactly(0L, 1L, 2L, 3L);
            assertThat(harness.steps())
                    .extracting(TrainingStep::getSkipped)
                    .containsExactly(false, true, true, false);
            harness.process(TestBatches.untrainable(4), 4);
            harness.endInput();
            assertThat(harness.steps()).hasSize(5);
            assertThat(harness.events().get(0).getOffsets().get(1).getLast()).isEqualTo(4);
        }
    }

    @Test
    void divergenceEndsTheJobAndItsStateHasNotPassedOverTheSkippedBatches() throws Exception {
        OperatorSubtaskState state;
        try (var harness = new TrainingHarness(config("diverges", "training.maxSkippedInARow=3"))) {
            harness.open();
            harness.train(0, 2);
            harness.process(TestBatches.untrainable(2), 2);
            harness.process(TestBatches.untrainable(3), 3);
            harness.nothingComes();
            state = harness.snapshot(1, 1);
            harness.process(TestBatches.untrainable(4), 4);
            TrainingHarness.requireEnded(
                    harness::nothingComes,
                    "not finite in 3 batches in a row (training.maxSkippedInARow)",
                    "from sparse-batches partition 0 offset 2 to sparse-batches partition 0 offset 4");
            assertThat(harness.steps()).hasSize(2);
            assertThat(harness.events()).isEmpty();
        }
        try (var harness = new TrainingHarness(config("goes-on", "training.maxSkippedInARow=4"))) {
            harness.initializeState(state);
            harness.open();
            harness.nothingComes(); // the two of the state come first, by themselves
            harness.process(TestBatches.untrainable(4), 4);
            harness.train(5, 6);
            assertThat(harness.steps())
                    .extracting(TrainingStep::getBatchOffset)
                    .containsExactly(2L, 3L, 4L, 5L);
        }
    }

    @Test
    void rateThatIsTooHighPublishesNothingAndEndsTheJob() throws Exception {
        try (var harness =
                new TrainingHarness(
                        config(
                                "too-high",
                                "training.schedule.peakLearningRate=10",
                                "training.schedule.warmupSteps=0",
                                "training.optimiser.clipNorm=1000000",
                                "training.precision=bf16",
                                "checkpoints.everySteps=1"))) {
            harness.open();
            TrainingHarness.requireEnded(
                    () -> {
                        for (int i = 0; i < 2000; i++) {
                            harness.process(TestBatches.batch(i), i);
                            harness.prepareSnapshotPreBarrier(i);
                        }
                    },
                    "training has diverged");
            assertThat(harness.events())
                    .allSatisfy(event -> assertThat(event.getTrainingLoss()).isLessThan(10));
        }
    }

    @Test
    void versionWithAnInsaneLossIsWithheldUntilTheLossIsSaneAgain() throws Exception {
        OperatorSubtaskState state;
        try (var harness = new TrainingHarness(config("insane", "checkpoints.maxLoss=0.01"))) {
            harness.open();
            harness.train(0, 4);
            harness.prepareSnapshotPreBarrier(1);
            assertThat(harness.events()).isEmpty();
            state = harness.snapshot(1, 1);
            harness.train(4, 5);
            harness.endInput();
            assertThat(harness.events()).isEmpty();
        }
        try (var harness = new TrainingHarness(config("sane"))) {
            harness.initializeState(state);
            harness.open();
            harness.prepareSnapshotPreBarrier(2);
            assertThat(harness.events()).as("of no step since").isEmpty();
            harness.train(4, 5);
            harness.prepareSnapshotPreBarrier(3);
            assertThat(harness.events())
                    .extracting(CheckpointEvent::getVersion)
                    .containsExactly(1L);
        }
    }
}
