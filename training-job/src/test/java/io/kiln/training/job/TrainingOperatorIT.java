package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.checkpoints.Artifacts;
import io.kiln.config.KilnConfig;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.input.BatchInput;
import io.kiln.training.run.RunFence;
import io.kiln.training.state.RunProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The operator in Flink's harness, with a real registry and the real network. */
@Timeout(120)
class TrainingOperatorIT {
    @TempDir static Path directory;

    private static SchemaRegistry registry;

    @BeforeAll
    static void start() {
        registry = TestServers.registry();
    }

    private static KilnConfig config(String artifacts, String... more) {
        List<String> overrides = new ArrayList<>(List.of(more));
        overrides.add("registry.url=" + TestServers.registryUrl());
        return TestBatches.config(
                directory.resolve(artifacts).toUri().toString(), overrides.toArray(String[]::new));
    }

    private static OneInputStreamOperatorTestHarness<BatchInput, KafkaMessage> harness(
            KilnConfig config) throws Exception {
        var harness =
                new OneInputStreamOperatorTestHarness<>(
                        new TrainingOperator(config, TrainingOperatorIT::alone));
        harness.setup(
                KafkaMessageType.INFORMATION.createSerializer(
                        new org.apache.flink.api.common.serialization.SerializerConfigImpl()));
        return harness;
    }

    /** There is no broker here, and no other trainer. */
    private static RunFence alone(KilnConfig config, RunProgress progress) {
        return new RunFence() {
            @Override
            public void require(RunProgress now) {}

            @Override
            public void published() {}

            @Override
            public void close() {}
        };
    }

    private static BatchInput input(SparseBatch batch, long offset) {
        byte[] value =
                new RecordSerializer<SparseBatch>(registry).serialize("sparse-batches", batch);
        return new BatchInput("sparse-batches", 0, offset, Objects.requireNonNull(value));
    }

    private static void train(
            OneInputStreamOperatorTestHarness<BatchInput, KafkaMessage> harness, int from, int to)
            throws Exception {
        for (int i = from; i < to; i++) {
            harness.processElement(new StreamRecord<>(input(TestBatches.batch(i), i)));
        }
        nothingComes(harness);
    }

    /** So that the last batch waits for none behind it. */
    private static void nothingComes(
            OneInputStreamOperatorTestHarness<BatchInput, KafkaMessage> harness) throws Exception {
        harness.setProcessingTime(harness.getProcessingTime() + 1000);
    }

    private static List<TrainingStep> steps(
            OneInputStreamOperatorTestHarness<BatchInput, KafkaMessage> harness) {
        RecordDeserializer<TrainingStep> deserializer =
                new RecordDeserializer<>(registry, TrainingStep.class);
        return harness.extractOutputValues().stream()
                .map(m -> deserializer.read(m.value()))
                .toList();
    }

    private static List<CheckpointEvent> events(
            OneInputStreamOperatorTestHarness<BatchInput, KafkaMessage> harness) {
        RecordDeserializer<CheckpointEvent> deserializer =
                new RecordDeserializer<>(registry, CheckpointEvent.class);
        Queue<StreamRecord<KafkaMessage>> events =
                harness.getSideOutput(TrainingOperator.CHECKPOINTS);
        return events == null
                ? List.of()
                : events.stream().map(r -> deserializer.read(r.getValue().value())).toList();
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
        try (var harness = harness(config("steps"))) {
            harness.open();
            train(harness, 0, 4);
            List<TrainingStep> steps = steps(harness);
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
        try (var harness = harness(config("last"))) {
            harness.open();
            harness.processElement(new StreamRecord<>(input(TestBatches.batch(0), 0)));
            assertThat(steps(harness)).isEmpty();
            harness.prepareSnapshotPreBarrier(1);
            assertThat(steps(harness)).hasSize(1);
            harness.processElement(new StreamRecord<>(input(TestBatches.batch(1), 1)));
            harness.processElement(new StreamRecord<>(input(TestBatches.batch(2), 2)));
            assertThat(steps(harness)).hasSize(2);
            harness.endInput();
            nothingComes(harness);
            assertThat(steps(harness))
                    .extracting(TrainingStep::getBatchId)
                    .containsExactly("batch-0", "batch-1", "batch-2");
        }
    }

    @Test
    void dueEventGoesOutBeforeTheBarrierWithFilesThatMatch() throws Exception {
        try (var harness = harness(config("due"))) {
            harness.open();
            train(harness, 0, 2);
            harness.prepareSnapshotPreBarrier(1);
            assertThat(events(harness)).isEmpty();
            train(harness, 2, 4);
            harness.prepareSnapshotPreBarrier(2);
            CheckpointEvent event = events(harness).get(0);
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
                            FileRole.ENCODER, FileRole.TRAINING_STATE, FileRole.RECONSTRUCTIONS);
            for (CheckpointFile file : event.getFiles()) {
                Artifacts.verify(file);
            }
            harness.prepareSnapshotPreBarrier(3);
            assertThat(events(harness)).hasSize(1);
        }
    }

    @Test
    void restoredOperatorEndsWithTheSameWeightsBitForBit() throws Exception {
        CheckpointEvent undisturbed;
        List<TrainingStep> allSteps;
        try (var harness = harness(config("undisturbed"))) {
            harness.open();
            train(harness, 0, 8);
            harness.endInput();
            undisturbed = events(harness).get(0);
            allSteps = steps(harness);
        }
        OperatorSubtaskState state;
        try (var harness = harness(config("before"))) {
            harness.open();
            train(harness, 0, 5);
            state = harness.snapshot(1, 1);
            train(harness, 5, 7); // lost with the failure
        }
        try (var harness = harness(config("after"))) {
            harness.initializeState(state);
            harness.open();
            train(harness, 5, 8);
            harness.endInput();
            CheckpointEvent restored = events(harness).get(0);
            assertThat(sha256(restored, FileRole.TRAINING_STATE))
                    .isEqualTo(sha256(undisturbed, FileRole.TRAINING_STATE));
            assertThat(sha256(restored, FileRole.ENCODER))
                    .isEqualTo(sha256(undisturbed, FileRole.ENCODER));
            assertThat(sha256(restored, FileRole.RECONSTRUCTIONS))
                    .isEqualTo(sha256(undisturbed, FileRole.RECONSTRUCTIONS));
            assertThat(steps(harness))
                    .extracting(TrainingStep::getLoss)
                    .containsExactlyElementsOf(
                            allSteps.subList(5, 8).stream().map(TrainingStep::getLoss).toList());
        }
    }

    @Test
    void endOfInputPublishesWhatWasLearntSinceTheLastEvent() throws Exception {
        try (var harness = harness(config("end"))) {
            harness.open();
            train(harness, 0, 3);
            harness.prepareSnapshotPreBarrier(1);
            harness.endInput();
            assertThat(events(harness)).hasSize(1);
            train(harness, 3, 4);
            harness.endInput();
            assertThat(events(harness))
                    .extracting(CheckpointEvent::getVersion)
                    .containsExactly(1L, 2L);
            assertThat(events(harness))
                    .extracting(CheckpointEvent::getParentVersion)
                    .containsExactly(null, 1L);
        }
    }

    @Test
    void batchOfOtherGeometryStopsTheJobNamingItsPlace() throws Exception {
        try (var harness = harness(config("geometry"))) {
            harness.open();
            SparseBatch batch = TestBatches.batch(0);
            batch.put("geometry", new Geometry(96, 96, 3, 32, 3, 3));
            harness.processElement(new StreamRecord<>(input(batch, 17)));
            assertThatThrownBy(() -> nothingComes(harness))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("sparse-batches partition 0 offset 17");
        }
    }

    @Test
    void sameOffsetTwiceIsRefused() throws Exception {
        try (var harness = harness(config("twice"))) {
            harness.open();
            train(harness, 0, 2);
            assertThatThrownBy(() -> train(harness, 1, 2))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("offset 1 comes again after offset 1");
        }
    }

    @Test
    void stateOfAnotherConfigurationIsRefused() throws Exception {
        OperatorSubtaskState state;
        try (var harness = harness(config("mine"))) {
            harness.open();
            train(harness, 0, 1);
            state = harness.snapshot(1, 1);
        }
        try (var harness = harness(config("other", "training.seed=43"))) {
            assertThatThrownBy(() -> harness.initializeState(state))
                    .hasStackTraceContaining("training.seed: trained with 42, configured is 43");
        }
    }

    @Test
    void runBeginsWithTheWeightsItIsGiven() throws Exception {
        CheckpointEvent first;
        try (var harness = harness(config("teacher"))) {
            harness.open();
            train(harness, 0, 6);
            harness.endInput();
            first = events(harness).get(0);
        }
        String encoder = Path.of(java.net.URI.create(first.getFiles().get(0).getUri())).toString();
        List<TrainingStep> fresh;
        try (var harness = harness(config("fresh"))) {
            harness.open();
            train(harness, 6, 7);
            fresh = steps(harness);
        }
        try (var harness = harness(config("pupil", "training.init.weights=" + encoder))) {
            harness.open();
            train(harness, 6, 7);
            assertThat(steps(harness).get(0).getStep()).isEqualTo(1);
            assertThat(steps(harness).get(0).getLoss()).isNotEqualTo(fresh.get(0).getLoss());
        }
        try (var harness =
                harness(
                        config(
                                "stranger",
                                "training.init.weights=" + encoder,
                                "training.init.names=spark"))) {
            assertThatThrownBy(harness::open).hasStackTraceContaining("look like style timm");
        }
    }
}
