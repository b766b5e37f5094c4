package io.kiln.evaluation.job;

import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.TestImages;
import io.kiln.kafka.KilnJob;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.CommittedRecords;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.GateDecision;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SetFigures;
import io.kiln.schemas.TestServers;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Evaluation jobs on a mini cluster, with a real broker and a real registry. */
final class EvaluationRuns {
    static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Path directory;
    private final MiniCluster cluster;

    /**
     * @param directory for artifacts and checkpoints
     */
    EvaluationRuns(Path directory) throws Exception {
        this.directory = directory;
        Configuration settings = new Configuration();
        settings.set(RestOptions.BIND_PORT, "0");
        settings.set(HeartbeatManagerOptions.HEARTBEAT_INTERVAL, Duration.ofMillis(500));
        settings.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, Duration.ofSeconds(30));
        ReportedEvents.configure(settings);
        cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(settings)
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(1)
                                .build());
        cluster.start();
    }

    /** The cluster, to break it. */
    MiniCluster cluster() {
        return cluster;
    }

    /** Ends the cluster. */
    void close() throws Exception {
        cluster.close();
    }

    KilnConfig run(String name, String... more) throws Exception {
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

    /** A job without state; the offsets of one before it are forgotten. */
    JobID submit(KilnConfig config) throws Exception {
        try (Admin admin = Admin.create(TestServers.kafka())) {
            String group = KilnJob.EVALUATION.group(config);
            if (committed(admin, config).isPresent()) {
                admin.deleteConsumerGroups(List.of(group)).all().get();
            }
        }
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        EvaluationJob.define(env, config);
        return cluster.submitJob(env.getStreamGraph().getJobGraph()).get().getJobID();
    }

    static <T extends SpecificRecord> void send(String topic, List<T> records) {
        RecordSerializer<T> serializer = new RecordSerializer<>(TestServers.registry());
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (T one : records) {
                ProducerRecord<byte[], byte[]> record =
                        new ProducerRecord<>(topic, serializer.serialize(topic, one));
                if (one instanceof CheckpointEvent event) {
                    CloudEventHeaders.of(event).addTo(record.headers());
                }
                producer.send(record);
            }
        }
    }

    /**
     * The operator of the job alone, which is given versions and images one by one.
     *
     * @param state to go on from; null to begin
     */
    static KeyedTwoInputStreamOperatorTestHarness<String, KafkaInput, KafkaInput, EvaluationMessage>
            open(KilnConfig config, OperatorSubtaskState state) throws Exception {
        var harness =
                new KeyedTwoInputStreamOperatorTestHarness<
                        String, KafkaInput, KafkaInput, EvaluationMessage>(
                        new KeyedCoProcessOperator<>(new EvaluateVersions(config, "submission")),
                        event -> "run",
                        image -> "run",
                        Types.STRING);
        if (state != null) {
            harness.initializeState(state);
        }
        harness.open();
        return harness;
    }

    /** A record of partition 0, as the operator takes it. */
    static <T extends SpecificRecord> StreamRecord<KafkaInput> record(
            String topic, long offset, T value) {
        byte[] bytes = new RecordSerializer<T>(TestServers.registry()).serialize(topic, value);
        return new StreamRecord<>(new KafkaInput(topic, 0, offset, bytes));
    }

    static void hold(KilnConfig config, int from, int to) {
        List<io.kiln.schemas.SparseBatch> images = new ArrayList<>();
        for (int i = from; i < to; i++) {
            images.add(TestImages.one(i));
        }
        send(config.topics().holdout(), images);
    }

    static List<ConsumerRecord<byte[], byte[]>> records(KilnConfig config) {
        return CommittedRecords.of(TestServers.broker(), config.topics().evaluations());
    }

    static List<Evaluation> evaluations(KilnConfig config) {
        RecordDeserializer<Evaluation> deserializer =
                new RecordDeserializer<>(TestServers.registry(), Evaluation.class);
        return records(config).stream().map(record -> deserializer.read(record.value())).toList();
    }

    /** All checkpoint events. */
    static List<CheckpointEvent> events(KilnConfig config) {
        RecordDeserializer<CheckpointEvent> deserializer =
                new RecordDeserializer<>(TestServers.registry(), CheckpointEvent.class);
        return CommittedRecords.of(TestServers.broker(), config.topics().checkpoints()).stream()
                .map(record -> deserializer.read(record.value()))
                .toList();
    }

    /** Announces a version to a job that has read all held-out images, and waits for its record. */
    static Evaluation announced(KilnConfig config, CheckpointEvent event) throws Exception {
        awaitImages(config);
        send(config.topics().checkpoints(), List.of(event));
        await().atMost(PATIENCE)
                .until(
                        () ->
                                evaluations(config).stream()
                                        .anyMatch(e -> e.getVersion() == event.getVersion()));
        List<Evaluation> all = evaluations(config);
        return all.get(all.size() - 1);
    }

    private static void awaitImages(KilnConfig config) throws Exception {
        TopicPartition holdout = new TopicPartition(config.topics().holdout(), 0);
        try (Admin admin = Admin.create(TestServers.kafka())) {
            long end =
                    admin.listOffsets(Map.of(holdout, OffsetSpec.latest()))
                            .partitionResult(holdout)
                            .get()
                            .offset();
            await().atMost(PATIENCE).until(() -> committed(admin, config).orElse(0L) >= end);
        }
    }

    /** Held-out images that a job had read at its last Flink checkpoint. */
    private static Optional<Long> committed(Admin admin, KilnConfig config) throws Exception {
        TopicPartition holdout = new TopicPartition(config.topics().holdout(), 0);
        return Optional.ofNullable(
                        admin.listConsumerGroupOffsets(KilnJob.EVALUATION.group(config))
                                .partitionsToOffsetAndMetadata()
                                .get()
                                .get(holdout))
                .map(OffsetAndMetadata::offset);
    }

    static List<String> values(KilnConfig config) {
        return records(config).stream()
                .map(record -> HexFormat.of().formatHex(record.value()))
                .toList();
    }

    /** An evaluation of a version that the gate has passed. */
    static Evaluation passed(CheckpointEvent event) {
        SetFigures figures = new SetFigures(24, "ab", 0.9, 5.0, 0.5, 0.0, null, null);
        return Evaluation.newBuilder()
                .setRunId(event.getRunId())
                .setModel(event.getModel())
                .setVersion(event.getVersion())
                .setStep(1)
                .setSamplesSeen(8)
                .setFeatureSize(32)
                .setAnchors(figures)
                .setRecent(figures)
                .setSkippedVersions(List.of())
                .setProblems(List.of())
                .setGate(new GateDecision(true, null, null, null, null, null, List.of()))
                .build();
    }

    /** A file of a version is gone. */
    static void delete(CheckpointEvent event, FileRole role) throws Exception {
        for (CheckpointFile file : event.getFiles()) {
            if (file.getRole() == role) {
                Files.delete(Path.of(URI.create(file.getUri())));
            }
        }
    }
}
