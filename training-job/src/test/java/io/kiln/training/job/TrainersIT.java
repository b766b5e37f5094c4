package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CommittedRecords;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.OffsetRange;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.Update;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several trainers of one run, on a mini cluster, with a real broker and a real registry. */
@Timeout(240)
class TrainersIT {
    private static final int TRAINERS = 4;
    private static final int BATCHES_OF_EACH = 12;
    private static final int BATCHES = TRAINERS * BATCHES_OF_EACH;
    private static final int STEPS = 2;
    private static final int BETWEEN_EVENTS = 4;
    private static final int VERSIONS = BATCHES_OF_EACH / BETWEEN_EVENTS;

    @TempDir static Path directory;

    private static TrainingBench bench;
    private static KilnConfig alone;
    private static List<CheckpointEvent> reference;

    /** One subtask, left alone. */
    @BeforeAll
    static void runOnceUndisturbed() throws Exception {
        bench = new TrainingBench(directory, BATCHES, TRAINERS);
        bench.send(0, BATCHES);
        alone = run("alone");
        try (MiniCluster cluster = TrainingBench.cluster(1)) {
            TrainingBench.submit(cluster, alone);
            reference = awaitEnd(alone);
        }
    }

    private static KilnConfig run(String name, String... more) {
        List<String> overrides =
                new ArrayList<>(
                        List.of(
                                "topics.trainers=" + TRAINERS,
                                "topics.partitionsPerTrainer=1",
                                "training.round.steps=" + STEPS,
                                "training.round.outer=momentum",
                                "checkpoints.everySteps=" + BETWEEN_EVENTS));
        overrides.addAll(List.of(more));
        return bench.run(name, overrides.toArray(String[]::new));
    }

    /** The same run on a number of subtasks. */
    private static KilnConfig on(int subtasks, KilnConfig run) {
        List<String> all = new ArrayList<>();
        ConfigKeys.of(run).forEach(key -> all.add(key.path() + "=" + key.value()));
        all.add("flink.trainingParallelism=" + subtasks);
        return KilnConfig.parse("", all);
    }

    private static List<CheckpointEvent> awaitEnd(KilnConfig config) {
        bench.awaitSteps(config, BATCHES);
        await().atMost(Duration.ofSeconds(60)).until(() -> events(config).size() >= VERSIONS);
        return events(config);
    }

    private static List<CheckpointEvent> events(KilnConfig config) {
        RecordDeserializer<CheckpointEvent> deserializer =
                new RecordDeserializer<>(TestServers.registry(), CheckpointEvent.class);
        return CommittedRecords.of(TestServers.broker(), config.topics().checkpoints()).stream()
                .map(record -> deserializer.read(record.value()))
                .toList();
    }

    /** Every version, its files and every loss; only the order of trainers' steps may differ. */
    private static void requireSameAsAlone(KilnConfig config) {
        List<CheckpointEvent> events = awaitEnd(config);
        assertThat(events.stream().map(TrainersIT::version))
                .containsExactlyElementsOf(reference.stream().map(TrainersIT::version).toList());
        assertThat(losses(config)).containsExactlyElementsOf(losses(alone));
    }

    private static String version(CheckpointEvent event) {
        return event.getVersion()
                + " "
                + event.getStep()
                + " "
                + event.getSamplesSeen()
                + " "
                + event.getTrainingLoss()
                + " "
                + event.getFiles().stream()
                        .filter(
                                file ->
                                        file.getRole() == FileRole.ENCODER
                                                || file.getRole() == FileRole.TRAINING_STATE)
                        .map(file -> file.getSha256())
                        .toList();
    }

    private static List<String> losses(KilnConfig config) {
        return bench.losses(config).stream().sorted().toList();
    }

    @Test
    void eventsTellOfAllTrainersAndTheirLossFalls() {
        CheckpointEvent last = reference.get(VERSIONS - 1);
        assertThat(last.getStep()).isEqualTo(BATCHES_OF_EACH);
        assertThat(last.getSamplesSeen()).isEqualTo((long) BATCHES * TestBatches.IMAGES);
        assertThat(
                        last.getOffsets().stream()
                                .filter(r -> r.getTopic().equals(alone.topics().sparseBatches())))
                .containsExactlyElementsOf(
                        Stream.of(0, 1, 2, 3)
                                .map(
                                        p ->
                                                new OffsetRange(
                                                        alone.topics().sparseBatches(),
                                                        p,
                                                        0L,
                                                        BATCHES_OF_EACH - 1L))
                                .toList());
        assertThat(last.getFlinkCheckpointId()).isPositive();
        assertThat(updates(alone)).hasSize(BATCHES / STEPS);
    }

    @Test
    void killedTrainersOfFourSubtasksEndWithTheSameWeights() throws Exception {
        KilnConfig killed = on(TRAINERS, run("killed"));
        try (MiniCluster cluster = TrainingBench.cluster(TRAINERS)) {
            TrainingBench.submit(cluster, killed);
            bench.awaitSteps(killed, 1);
            cluster.terminateTaskManager(0).get();
            cluster.startTaskManager();
            requireSameAsAlone(killed);
            Path rounds = roundsOf(killed);
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(rounds.resolve("r000000000")).doesNotExist());
            assertThat(rounds.resolve("r000000005")).as("the last round").exists();
        }
    }

    /** The folder of all files of changes. */
    private static Path roundsOf(KilnConfig config) {
        return Path.of(URI.create(config.checkpoints().artifacts()))
                .resolve(config.model().name())
                .resolve(config.training().runId())
                .resolve("updates");
    }

    @Test
    void trainersThatMoveFromTwoSubtasksToFourAndToOneEndWithTheSameWeights() throws Exception {
        KilnConfig moved = run("moved");
        try (MiniCluster cluster = TrainingBench.cluster(TRAINERS)) {
            String first = stopAfter(cluster, on(2, moved), null, 1);
            announceAgain(moved);
            String second = stopAfter(cluster, on(4, moved), first, BATCHES / 2);
            TrainingBench.submit(cluster, moved, second);
            requireSameAsAlone(moved);
        }
    }

    private static String stopAfter(MiniCluster cluster, KilnConfig config, String from, int steps)
            throws Exception {
        JobID job =
                from == null
                        ? TrainingBench.submit(cluster, config)
                        : TrainingBench.submit(cluster, config, from);
        bench.awaitSteps(config, steps);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> allRun(cluster, job)); // steps may be old
        return cluster.stopWithSavepoint(
                        job,
                        directory.resolve("savepoints").toUri().toString(),
                        false,
                        SavepointFormatType.CANONICAL)
                .get();
    }

    private static boolean allRun(MiniCluster cluster, JobID job) throws Exception {
        for (AccessExecutionVertex task :
                cluster.getExecutionGraph(job).get().getAllExecutionVertices()) {
            if (task.getExecutionState() != ExecutionState.RUNNING) {
                return false;
            }
        }
        return true;
    }

    private static List<Update> updates(KilnConfig config) {
        RecordDeserializer<Update> deserializer =
                new RecordDeserializer<>(TestServers.registry(), Update.class);
        return CommittedRecords.of(TestServers.broker(), config.topics().updates()).stream()
                .map(record -> deserializer.read(record.value()))
                .toList();
    }

    private static void announceAgain(KilnConfig config) {
        updates(config).forEach(update -> announce(config, update));
    }

    private static void announce(KilnConfig config, Update update) {
        String topic = config.topics().updates();
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            producer.send(
                    new ProducerRecord<>(
                            topic,
                            0,
                            new byte[] {'r'},
                            new RecordSerializer<Update>(TestServers.registry())
                                    .serialize(topic, update)));
        }
    }

    @Test
    void changeThatTheJobAnnouncesAsAnotherOneEndsItForGood() throws Exception {
        KilnConfig other = run("other");
        try (MiniCluster cluster = TrainingBench.cluster(1)) {
            JobID job = TrainingBench.submit(cluster, other);
            requireSameAsAlone(other);
            Update last = updates(other).get(BATCHES / STEPS - 1);
            announce(other, Update.newBuilder(last).setSha256("0".repeat(64)).build());
            assertThat(TrainingBench.end(cluster, job))
                    .contains("has changed something else in round " + last.getRound());
        }
    }

    /** As one with another learning rate would have announced, or one of more trainers. */
    @Test
    void whatAnEarlierJobAnnouncedIsPassedOver() throws Exception {
        KilnConfig later = run("later");
        for (Update update : updates(alone)) {
            Update.Builder earlier =
                    Update.newBuilder(update)
                            .setRunId(later.training().runId())
                            .setSha256("0".repeat(64));
            announce(later, earlier.build());
            announce(later, earlier.setTrainer(TRAINERS + update.getTrainer()).build());
        }
        try (MiniCluster cluster = TrainingBench.cluster(1)) {
            TrainingBench.submit(cluster, later);
            requireSameAsAlone(later);
        }
    }
}
