package io.kiln.evaluation.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.TestImages;
import io.kiln.evaluation.probe.TestPictures;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CommittedRecords;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.ProbeFigures;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SetFigures;
import io.kiln.schemas.TestServers;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole job on a mini cluster, with a real broker, a real registry and real versions. */
@Timeout(300)
class EvaluationJobIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir static Path directory;

    private MiniCluster cluster;

    @BeforeEach
    void start() throws Exception {
        Configuration settings = new Configuration();
        settings.set(RestOptions.BIND_PORT, "0");
        settings.set(HeartbeatManagerOptions.HEARTBEAT_INTERVAL, Duration.ofMillis(500));
        settings.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, Duration.ofSeconds(5));
        cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(settings)
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(1)
                                .build());
        cluster.start();
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private static KilnConfig run(String name, String... more) throws Exception {
        String run = TestServers.unique(name);
        List<String> overrides =
                new ArrayList<>(
                        List.of(
                                "kafka.bootstrapServers=" + TestServers.broker(),
                                "registry.url=" + TestServers.registryUrl(),
                                "topics.checkpoints=checkpoints-" + run,
                                "topics.holdout=holdout-" + run,
                                "topics.evaluations=evaluations-" + run,
                                "topics.sparseBatches=batches-" + run,
                                "evaluation.holdoutShare=0.1",
                                "evaluation.anchors=24",
                                "evaluation.recent=16",
                                "input.height=64",
                                "input.width=64",
                                "masking.batchSize=8",
                                "model.name=tiny",
                                "model.architecture=custom",
                                "model.depths=[1, 1, 1, 1]",
                                "model.widths=[8, 16, 24, 32]",
                                "model.stem=8",
                                "model.decoderWidth=32",
                                "training.runId=" + run,
                                "training.threads=1",
                                "training.schedule.peakLearningRate=0.01",
                                "training.schedule.warmupSteps=5",
                                "checkpoints.artifacts="
                                        + directory.resolve("artifacts-" + run).toUri(),
                                "flink.checkpointInterval=300ms",
                                "flink.checkpointDirectory="
                                        + directory.resolve("flink-" + run).toUri(),
                                "flink.restartDelay=100ms"));
        overrides.addAll(List.of(more));
        KilnConfig config = KilnConfig.parse("", overrides);
        try (Admin admin = Admin.create(TestServers.kafka())) {
            List<String> wanted =
                    new ArrayList<>(
                            List.of(
                                    config.topics().checkpoints(),
                                    config.topics().holdout(),
                                    config.topics().evaluations()));
            wanted.removeAll(admin.listTopics().names().get());
            admin.createTopics(
                            wanted.stream()
                                    .map(topic -> new NewTopic(topic, 1, (short) 1))
                                    .toList())
                    .all()
                    .get();
        }
        return config;
    }

    private JobID submit(KilnConfig config) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        EvaluationJob.define(env, config);
        return cluster.submitJob(env.getStreamGraph().getJobGraph()).get().getJobID();
    }

    private static <T extends SpecificRecord> void send(String topic, List<T> records) {
        RecordSerializer<T> serializer = new RecordSerializer<>(TestServers.registry());
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            records.forEach(
                    one ->
                            producer.send(
                                    new ProducerRecord<>(topic, serializer.serialize(topic, one))));
        }
    }

    private static void hold(KilnConfig config, int from, int to) {
        List<io.kiln.schemas.SparseBatch> images = new ArrayList<>();
        for (int i = from; i < to; i++) {
            images.add(TestImages.one(i));
        }
        send(config.topics().holdout(), images);
    }

    private static List<ConsumerRecord<byte[], byte[]>> records(KilnConfig config) {
        return CommittedRecords.of(TestServers.broker(), config.topics().evaluations());
    }

    private static List<Evaluation> evaluations(KilnConfig config) {
        RecordDeserializer<Evaluation> deserializer =
                new RecordDeserializer<>(TestServers.registry(), Evaluation.class);
        return records(config).stream().map(record -> deserializer.read(record.value())).toList();
    }

    private static Evaluation announced(KilnConfig config, CheckpointEvent event) {
        send(config.topics().checkpoints(), List.of(event));
        await().atMost(PATIENCE)
                .until(
                        () ->
                                evaluations(config).stream()
                                        .anyMatch(e -> e.getVersion() == event.getVersion()));
        List<Evaluation> all = evaluations(config);
        return all.get(all.size() - 1);
    }

    @Test
    void eachVersionHasOneEvaluationWhereverTheJobIsKilledAndBeginsAnew() throws Exception {
        KilnConfig config = run("each");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 30);
            JobID first = submit(config);
            Evaluation untrained = announced(config, versions.next(1));
            hold(config, 30, 40);
            Evaluation trained = announced(config, versions.next(60));
            requireSound(untrained, 24, 16);
            requireSound(trained, 24, 16);
            assertThat(trained.getAnchors().getLoss()).isLessThan(untrained.getAnchors().getLoss());
            assertThat(trained.getRecent().getLoss()).isLessThan(untrained.getRecent().getLoss());
            assertThat(trained.getRecent().getImagesId())
                    .isNotEqualTo(untrained.getRecent().getImagesId());

            // killed while it evaluates the next
            send(config.topics().checkpoints(), List.of(versions.next(5)));
            cluster.terminateTaskManager(0).get();
            cluster.startTaskManager();
            announced(config, versions.next(5));
            cluster.cancelJob(first).get();
            cluster.requestJobResult(first).get();
            List<String> before = values(config);

            submit(config); // without state
            announced(config, versions.next(5));
            assertThat(values(config).subList(0, before.size())).isEqualTo(before);
            List<Evaluation> all = evaluations(config);
            assertThat(all)
                    .extracting(Evaluation::getVersion)
                    .doesNotHaveDuplicates()
                    .startsWith(1L, 2L)
                    .endsWith(4L, 5L);
            List<Long> skipped =
                    all.stream().flatMap(e -> e.getSkippedVersions().stream()).toList();
            assertThat(all.size() + skipped.size()).isEqualTo(5);
            assertThat(records(config).get(0).key())
                    .isEqualTo(
                            ("tiny/" + config.training().runId() + "/1")
                                    .getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Two jobs of two runs that hold the same: the records are equal but for the run's name. */
    @Test
    void evaluatingAgainWithTheSameImagesGivesTheSameBytes() throws Exception {
        Path pictures = TestPictures.write(directory.resolve("same"), 10, 0x101010, 0xd0d0d0);
        KilnConfig config = run("same", "evaluation.probe=" + pictures);
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 40);
            CheckpointEvent event = versions.next(3);
            JobID job = submit(config);
            announced(config, event);
            cluster.cancelJob(job).get();
            cluster.requestJobResult(job).get();
            KilnConfig again =
                    run(
                            "again",
                            "training.runId=" + config.training().runId(),
                            "topics.holdout=" + config.topics().holdout(),
                            "evaluation.probe=" + pictures);
            submit(again);
            announced(again, event);
            assertThat(values(again)).isEqualTo(values(config));
            ProbeFigures probe = evaluations(again).get(0).getProbe();
            assertThat(probe.getPictures()).isEqualTo(20);
            assertThat(probe.getChance()).isEqualTo(0.5);
            assertThat(probe.getLinear()).isGreaterThan(0.9);
            assertThat(probe.getNearest()).isGreaterThan(0.9);
        }
    }

    @Test
    void aCollapsedEncoderHasRankOneAndAllChannelsDead() throws Exception {
        KilnConfig config = run("collapsed");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 40);
            submit(config);
            Evaluation sound = announced(config, versions.next(20));
            versions.collapse();
            Evaluation collapsed = announced(config, versions.next(0));
            assertThat(sound.getAnchors().getEffectiveRank()).isGreaterThan(1.5);
            assertThat(sound.getAnchors().getDeadChannels()).isLessThan(0.5);
            assertThat(collapsed.getProblems()).isEmpty();
            assertThat(collapsed.getAnchors().getEffectiveRank()).isCloseTo(1, within(0.01));
            assertThat(collapsed.getAnchors().getSpread()).isCloseTo(0, within(1e-4));
            assertThat(collapsed.getAnchors().getDeadChannels()).isEqualTo(1);
        }
    }

    @Test
    void versionsThatAreGoneOrDoNotFitHaveARecordThatSaysSoAndTheJobGoesOn() throws Exception {
        KilnConfig config = run("gone");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 40);
            submit(config);
            CheckpointEvent first = versions.next(1);
            delete(first, FileRole.TRAINING_STATE);
            Evaluation withoutLoss = announced(config, first);
            assertThat(withoutLoss.getProblems())
                    .singleElement()
                    .asString()
                    .contains("no holdout loss: ", "training-state.safetensors does not exist");
            assertThat(withoutLoss.getAnchors().getLoss()).isNull();
            assertThat(withoutLoss.getAnchors().getEffectiveRank()).isNotNull();

            CheckpointEvent second = versions.next(1);
            second.put("architecture", "{}");
            delete(second, FileRole.ENCODER);
            Evaluation without = announced(config, second);
            assertThat(without.getProblems()).hasSize(2);
            assertThat(without.getFeatureSize()).isZero();

            send(config.topics().checkpoints(), List.of(TestImages.one(1))); // no event
            CheckpointEvent third = versions.next(1);
            third.getInput().put("width", 96);
            assertThat(announced(config, third).getProblems())
                    .singleElement()
                    .asString()
                    .contains("no held-out image has the version's input, 64 x 96 pixels");
            requireSound(announced(config, versions.next(1)), 24, 16);
        }
    }

    @Test
    void aProbeThatCannotBeUsedEndsTheJobAndIsNamed() throws Exception {
        Path one = TestPictures.write(directory.resolve("one"), 10, 0x101010);
        JobID job = submit(run("one", "evaluation.probe=" + one));
        assertThat(cluster.requestJobResult(job).get().getSerializedThrowable())
                .get()
                .extracting(e -> e.getFullStringifiedStackTrace())
                .asString()
                .contains("evaluation.probe: " + one + " has one folder in it");
    }

    private static void delete(CheckpointEvent event, FileRole role) throws Exception {
        for (CheckpointFile file : event.getFiles()) {
            if (file.getRole() == role) {
                Files.delete(Path.of(URI.create(file.getUri())));
            }
        }
    }

    private static List<String> values(KilnConfig config) {
        return records(config).stream()
                .map(record -> HexFormat.of().formatHex(record.value()))
                .toList();
    }

    private static void requireSound(Evaluation evaluation, int anchors, int recent) {
        assertThat(evaluation.getProblems()).isEmpty();
        assertThat(evaluation.getFeatureSize()).isEqualTo(32);
        assertThat(evaluation.getAnchors().getImages()).isEqualTo(anchors);
        assertThat(evaluation.getRecent().getImages()).isEqualTo(recent);
        for (SetFigures figures : List.of(evaluation.getAnchors(), evaluation.getRecent())) {
            assertThat(figures.getLoss()).isBetween(0.0, 3.0);
            assertThat(figures.getEffectiveRank()).isBetween(1.0, (double) figures.getImages());
            assertThat(figures.getSpread()).isBetween(0.0, 1.1);
            assertThat(figures.getDeadChannels()).isBetween(0.0, 1.0);
        }
    }
}
