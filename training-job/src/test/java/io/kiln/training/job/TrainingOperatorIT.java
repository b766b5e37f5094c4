package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.checkpoints.Artifacts;
import io.kiln.config.KilnConfig;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.NormStatistics;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TrainingStep;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The operator in Flink's harness, with a real broker, a real registry and the real network. */
@Timeout(120)
class TrainingOperatorIT {
    @TempDir static Path directory;

    @BeforeAll
    static void start() {
        TrainingHarness.createTopics();
    }

    private static KilnConfig config(String artifacts, String... more) {
        return TrainingHarness.config(directory.resolve(artifacts), more);
    }

    private static String sha256(CheckpointEvent event, FileRole role) {
        return event.getFiles().stream()
                .filter(f -> f.getRole() == role)
                .map(CheckpointFile::getSha256)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void eachBatchIsOneStepAndOneRecord() throws Exception {
        try (var harness = new TrainingHarness(config("steps"))) {
            harness.open();
            harness.train(0, 4);
            List<TrainingStep> steps = harness.steps();
            assertThat(steps).extracting(TrainingStep::getStep).containsExactly(1L, 2L, 3L, 4L);
            assertThat(steps)
                    .extracting(TrainingStep::getSamplesSeen)
                    .containsExactly(4L, 8L, 12L, 16L);
            assertThat(steps)
                    .extracting(TrainingStep::getBatchId)
                    .containsExactly("batch-0", "batch-1", "batch-2", "batch-3");
            assertThat(steps)
                    .allSatisfy(
                            step -> {
                                assertThat(step.getLoss()).isBetween(0.5, 2.5);
                                assertThat(step.getGradientNorm()).isPositive();
                                assertThat(step.getSkipped()).isFalse();
                                assertThat(step.getWaitShare()).isBetween(0.0, 1.0);
                            });
        }
    }

    @Test
    void lastBatchIsTrainedOnWhenABarrierComesOrTheInputEnds() throws Exception {
        try (var harness = new TrainingHarness(config("last"))) {
            harness.open();
            harness.process(TestBatches.batch(0), 0);
            assertThat(harness.steps()).isEmpty();
            harness.prepareSnapshotPreBarrier(1);
            assertThat(harness.steps()).hasSize(1);
            harness.process(TestBatches.batch(1), 1);
            harness.process(TestBatches.batch(2), 2);
            assertThat(harness.steps()).hasSize(2);
            harness.endInput();
            harness.nothingComes();
            assertThat(harness.steps())
                    .extracting(TrainingStep::getBatchId)
                    .containsExactly("batch-0", "batch-1", "batch-2");
        }
    }

    @Test
    void dueEventGoesOutBeforeTheBarrierWithFilesThatMatch() throws Exception {
        try (var harness = new TrainingHarness(config("due"))) {
            harness.open();
            harness.train(0, 2);
            harness.prepareSnapshotPreBarrier(1);
            assertThat(harness.events()).isEmpty();
            harness.train(2, 4);
            harness.prepareSnapshotPreBarrier(2);
            CheckpointEvent event = harness.events().get(0);
            assertThat(event.getVersion()).isEqualTo(1);
            assertThat(event.getParentVersion()).isNull();
            assertThat(event.getStep()).isEqualTo(4);
            assertThat(event.getFlinkCheckpointId()).isEqualTo(2);
            assertThat(event.getTrainingLoss()).isBetween(0.5, 2.5);
            assertThat(event.getOffsets())
                    .hasToString(
                            "[{\"topic\": \"images\", \"partition\": 0, \"first\": 0, \"last\": 15}, "
                                    + "{\"topic\": \"sparse-batches\", \"partition\": 0, \"first\": 0, \"last\": 3}]");
            assertThat(event.getFiles())
                    .extracting(CheckpointFile::getRole)
                    .containsExactly(
                            FileRole.ENCODER,
                            FileRole.TORCHSCRIPT,
                            FileRole.MASKED_NORMS,
                            FileRole.ENCODER_CONFIG,
                            FileRole.MODEL_CARD,
                            FileRole.CONFIGURATION,
                            FileRole.TRAINING_STATE,
                            FileRole.RECONSTRUCTIONS);
            assertThat(sha256(event, FileRole.CONFIGURATION))
                    .isEqualTo(event.getConfigurationHash());
            assertThat(event.getTimm().getName()).isEqualTo("resnet50");
            assertThat(event.getTimm().getArguments())
                    .isEqualTo("{\"channels\":[16,4,6,8],\"layers\":[1,1,1,1]}");
            assertThat(event.getFeatures())
                    .hasToString(
                            "[{\"stride\": 4, \"channels\": 64}, {\"stride\": 8, \"channels\": 16},"
                                    + " {\"stride\": 16, \"channels\": 24}, {\"stride\": 32, \"channels\": 32}]");
            assertThat(event.getEmbeddingSize()).isEqualTo(32);
            assertThat(event.getNormStatistics()).isEqualTo(NormStatistics.WHOLE_IMAGES);
            assertThat(event.getMaskRatio()).isEqualTo(0.6);
            assertThat(event.getMaskSeed()).isEqualTo(42);
            for (CheckpointFile file : event.getFiles()) {
                Artifacts.verify(file);
            }
            harness.prepareSnapshotPreBarrier(3);
            assertThat(harness.events()).hasSize(1);
        }
    }

    @Test
    void restoredOperatorEndsWithTheSameWeightsBitForBit() throws Exception {
        CheckpointEvent undisturbed;
        List<TrainingStep> allSteps;
        try (var harness = new TrainingHarness(config("undisturbed"))) {
            harness.open();
            harness.train(0, 8);
            harness.endInput();
            undisturbed = harness.events().get(0);
            allSteps = harness.steps();
        }
        OperatorSubtaskState state;
        try (var harness = new TrainingHarness(config("before"))) {
            harness.open();
            harness.train(0, 5);
            state = harness.snapshot(1, 1);
            harness.train(5, 7); // lost with the failure
        }
        try (var harness = new TrainingHarness(config("after"))) {
            harness.initializeState(state);
            harness.open();
            harness.train(5, 8);
            harness.endInput();
            CheckpointEvent restored = harness.events().get(0);
            assertThat(restored.getFiles())
                    .extracting(CheckpointFile::getSha256)
                    .containsExactlyElementsOf(
                            undisturbed.getFiles().stream()
                                    .map(CheckpointFile::getSha256)
                                    .toList());
            assertThat(harness.steps())
                    .extracting(TrainingStep::getLoss)
                    .containsExactlyElementsOf(
                            allSteps.subList(5, 8).stream().map(TrainingStep::getLoss).toList());
        }
    }

    @Test
    void restoredOperatorThatTakesNoFurtherStepPublishesTheSameFiles() throws Exception {
        OperatorSubtaskState state;
        CheckpointEvent undisturbed;
        try (var harness = new TrainingHarness(config("ended"))) {
            harness.open();
            harness.train(0, 5);
            state = harness.snapshot(1, 1);
            harness.endInput();
            undisturbed = harness.events().get(harness.events().size() - 1);
        }
        try (var harness = new TrainingHarness(config("restored"))) {
            harness.initializeState(state);
            harness.open();
            harness.endInput();
            assertThat(harness.events().get(0).getFiles())
                    .extracting(CheckpointFile::getSha256)
                    .containsExactlyElementsOf(
                            undisturbed.getFiles().stream()
                                    .map(CheckpointFile::getSha256)
                                    .toList());
        }
    }

    @Test
    void endOfInputPublishesWhatWasLearntSinceTheLastEvent() throws Exception {
        try (var harness = new TrainingHarness(config("end"))) {
            harness.open();
            harness.train(0, 3);
            harness.prepareSnapshotPreBarrier(1);
            harness.endInput();
            assertThat(harness.events()).hasSize(1);
            harness.train(3, 4);
            harness.endInput();
            assertThat(harness.events())
                    .extracting(CheckpointEvent::getVersion)
                    .containsExactly(1L, 2L);
            assertThat(harness.events())
                    .extracting(CheckpointEvent::getParentVersion)
                    .containsExactly(null, 1L);
        }
    }

    @Test
    void batchOfOtherGeometryStopsTheJobNamingItsPlace() throws Exception {
        try (var harness = new TrainingHarness(config("geometry"))) {
            harness.open();
            SparseBatch batch = TestBatches.batch(0);
            batch.put("geometry", new Geometry(96, 96, 3, 32, 3, 3));
            int masked = TestBatches.IMAGES * 9 - TestBatches.IMAGES * 2;
            batch.put("maskedPatches", ByteBuffer.allocate(masked * 32 * 32 * 3));
            harness.process(batch, 17);
            TrainingHarness.requireEnded(
                    harness::nothingComes,
                    "sparse-batches partition 0 offset 17 was made with other settings",
                    "input.height: the batch has 96, configured is 64",
                    "input.width: the batch has 96, configured is 64");
        }
    }

    @Test
    void batchOfOtherSamplesStopsTheJobNamingTheKeyAndBothValues() throws Exception {
        try (var harness = new TrainingHarness(config("samples"))) {
            harness.open();
            SparseBatch batch = TestBatches.batch(0);
            batch.put("valueRange", List.of(0.0, 10_000.0));
            harness.process(batch, 17);
            assertThatThrownBy(() -> harness.nothingComes())
                    .hasStackTraceContaining("sparse-batches partition 0 offset 17")
                    .hasStackTraceContaining(
                            "input.valueRange: the batch has [0.0, 10000.0], configured is []");
        }
        try (var harness = new TrainingHarness(config("wide", "input.sampleType=uint16"))) {
            harness.open();
            harness.process(TestBatches.batch(0), 18);
            assertThatThrownBy(() -> harness.nothingComes())
                    .hasStackTraceContaining(
                            "input.sampleType: the batch has uint8, configured is uint16");
        }
    }

    @Test
    void sameOffsetTwiceIsRefused() throws Exception {
        try (var harness = new TrainingHarness(config("twice"))) {
            harness.open();
            harness.train(0, 2);
            assertThatThrownBy(() -> harness.train(1, 2))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("offset 1 comes again after offset 1");
        }
    }

    @Test
    void stateOfAnotherConfigurationIsRefused() throws Exception {
        OperatorSubtaskState state;
        try (var harness = new TrainingHarness(config("mine"))) {
            harness.open();
            harness.train(0, 1);
            state = harness.snapshot(1, 1);
        }
        try (var harness = new TrainingHarness(config("other", "training.seed=43"))) {
            assertThatThrownBy(() -> harness.initializeState(state))
                    .hasStackTraceContaining("training.seed: trained with 42, configured is 43");
        }
    }

    @Test
    void runBeginsWithTheWeightsItIsGiven() throws Exception {
        CheckpointEvent first;
        try (var harness = new TrainingHarness(config("teacher"))) {
            harness.open();
            harness.train(0, 6);
            harness.endInput();
            first = harness.events().get(0);
        }
        String encoder = Path.of(java.net.URI.create(first.getFiles().get(0).getUri())).toString();
        List<TrainingStep> fresh;
        try (var harness = new TrainingHarness(config("fresh"))) {
            harness.open();
            harness.train(6, 7);
            fresh = harness.steps();
        }
        try (var harness =
                new TrainingHarness(config("pupil", "training.init.weights=" + encoder))) {
            harness.open();
            harness.train(6, 7);
            assertThat(harness.steps().get(0).getStep()).isEqualTo(1);
            assertThat(harness.steps().get(0).getLoss()).isNotEqualTo(fresh.get(0).getLoss());
        }
        try (var harness =
                new TrainingHarness(
                        config(
                                "stranger",
                                "training.init.weights=" + encoder,
                                "training.init.names=spark"))) {
            assertThatThrownBy(harness::open).hasStackTraceContaining("look like style timm");
        }
    }
}
