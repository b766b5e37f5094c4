package io.kiln.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.checkpoints.Artifacts;
import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.config.KilnConfig;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.Topic;
import io.kiln.schemas.TopicCatalogue;
import io.kiln.schemas.TrainingStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole job on a mini cluster, with a real broker and a real registry. */
@Timeout(240)
class TrainingJobIT {
    private static final int BATCHES = 300;

    @TempDir static Path directory;

    private static LocalBroker broker;
    private static LocalRegistry server;
    private static SchemaRegistry registry;

    @BeforeAll
    static void start() {
        broker = LocalBroker.start(directory.resolve("broker"));
        server = LocalRegistry.start(directory.resolve("registry"));
        registry = new SchemaRegistry(server.url(), Duration.ofSeconds(10));
        createTopics("undisturbed");
        createTopics("failing");
        createTopics("twice");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        kafka(), new ByteArraySerializer(), new ByteArraySerializer())) {
            RecordSerializer<SparseBatch> serializer = new RecordSerializer<>(registry);
            for (int i = 0; i < BATCHES; i++) {
                producer.send(
                        new ProducerRecord<>(
                                "sparse-batches",
                                0,
                                new byte[] {'0'},
                                serializer.serialize("sparse-batches", TestBatches.batch(i))));
            }
        }
    }

    @AfterAll
    static void stop() {
        server.close();
        broker.close();
    }

    private static Map<String, Object> kafka() {
        return Map.of("bootstrap.servers", broker.bootstrapServers());
    }

    private static void createTopics(String run) {
        try (Admin admin = Admin.create(kafka())) {
            new TopicCatalogue(
                            new Topic("images", 1, null, null),
                            new Topic("images.dlq", 1, null, null),
                            new Topic("sparse-batches", 1, null, SparseBatch.getClassSchema()),
                            new Topic("steps-" + run, 1, null, TrainingStep.getClassSchema()),
                            new Topic(
                                    "checkpoints-" + run,
                                    1,
                                    null,
                                    CheckpointEvent.getClassSchema()))
                    .create(admin, 1, registry);
        }
    }

    private static KilnConfig config(String run) {
        return TestBatches.config(
                directory.resolve("artifacts-" + run).toUri().toString(),
                "kafka.bootstrapServers=" + broker.bootstrapServers(),
                "registry.url=" + server.url(),
                "topics.trainingSteps=steps-" + run,
                "topics.checkpoints=checkpoints-" + run,
                "training.runId=" + run,
                "checkpoints.everySteps=20",
                "checkpoints.keepLast=2",
                "checkpoints.keepEvery=3",
                "flink.checkpointInterval=300ms",
                "flink.checkpointDirectory=" + directory.resolve("flink-" + run).toUri(),
                "flink.restartDelay=100ms");
    }

    @Test
    void failedJobRecoversAndEndsWithTheSameWeightsBitForBit() throws Exception {
        List<CheckpointEvent> undisturbed = train("undisturbed", false);
        List<CheckpointEvent> recovered = train("failing", true);

        CheckpointEvent expected = lastVersion(undisturbed);
        CheckpointEvent actual = lastVersion(recovered);
        assertThat(actual.getStep()).isEqualTo(BATCHES).isEqualTo(expected.getStep());
        assertThat(actual.getFiles())
                .extracting(CheckpointFile::getSha256)
                .containsExactlyElementsOf(
                        expected.getFiles().stream().map(CheckpointFile::getSha256).toList());
        assertThat(losses("failing")).containsExactlyElementsOf(losses("undisturbed"));
        for (List<CheckpointEvent> events : List.of(undisturbed, recovered)) {
            requireEachVersionOnceAndItsFilesUnlessRetired(events);
        }
    }

    /** The second one begins at the beginning, as nobody gave it a checkpoint. */
    @Test
    void secondTrainerOfARunIsRefusedForGoodAndTheFirstTrainsOnEachBatchOnce() throws Exception {
        try (MiniCluster cluster = new MiniCluster(clusterConfiguration())) {
            cluster.start();
            JobID first = submit(cluster, config("twice"));
            await().atMost(Duration.ofSeconds(60)).until(() -> losses("twice").size() > 20);
            JobID second = submit(cluster, config("twice"));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> cluster.getJobStatus(second).get() == JobStatus.FAILED);
            assertThat(
                            cluster.requestJobResult(second)
                                    .get()
                                    .getSerializedThrowable()
                                    .orElseThrow())
                    .hasStackTraceContaining("is further than the state that this job begins with");
            await().atMost(Duration.ofSeconds(120))
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> losses("twice").size() >= BATCHES);
            cluster.cancelJob(first).get();
        }
        assertThat(losses("twice"))
                .extracting(loss -> loss.split(" ")[1])
                .containsExactlyElementsOf(
                        IntStream.range(0, BATCHES).mapToObj(i -> "batch-" + i).toList());
    }

    private static JobID submit(MiniCluster cluster, KilnConfig config) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        TrainingJob.define(env, config);
        return cluster.submitJob(env.getStreamGraph().getJobGraph()).get().getJobID();
    }

    private static void requireEachVersionOnceAndItsFilesUnlessRetired(List<CheckpointEvent> events)
            throws Exception {
        List<Long> versions = versions(events, CheckpointStatus.CANDIDATE);
        List<Long> retired = versions(events, CheckpointStatus.RETIRED);
        assertThat(versions)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, versions.size()).boxed().toList());
        assertThat(retired)
                .isSubsetOf(versions)
                .doesNotHaveDuplicates()
                .contains(1L)
                .allMatch(version -> version % 3 != 0 && version <= versions.size() - 2);
        for (CheckpointEvent event : events) {
            for (CheckpointFile file : event.getFiles()) {
                if (!retired.contains(event.getVersion())) {
                    Artifacts.verify(file);
                }
            }
        }
        CheckpointEvent first = events.get(0);
        Path gone = Path.of(java.net.URI.create(first.getFiles().get(0).getUri())).getParent();
        assertThat(gone).as("files of version 1, retired").doesNotExist();
    }

    private static CheckpointEvent lastVersion(List<CheckpointEvent> events) {
        return events.stream()
                .filter(event -> event.getStatus() == CheckpointStatus.CANDIDATE)
                .reduce((earlier, later) -> later)
                .orElseThrow();
    }

    private static List<Long> versions(List<CheckpointEvent> events, CheckpointStatus status) {
        return events.stream()
                .filter(event -> event.getStatus() == status)
                .map(CheckpointEvent::getVersion)
                .toList();
    }

    /**
     * Trains on all batches and stops with a savepoint; returns the events that a subscriber sees.
     */
    private static List<CheckpointEvent> train(String run, boolean fail) throws Exception {
        KilnConfig config = config(run);
        try (MiniCluster cluster = new MiniCluster(clusterConfiguration())) {
            cluster.start();
            JobID job = submit(cluster, config);
            if (fail) {
                await().atMost(Duration.ofSeconds(60)).until(() -> losses(run).size() > 20);
                cluster.terminateTaskManager(0).get();
                assertThat(losses(run)).as("steps before the failure").hasSizeLessThan(BATCHES);
                cluster.startTaskManager();
            }
            await().atMost(Duration.ofSeconds(120))
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> losses(run).size() == BATCHES);
            String savepoints = directory.resolve("savepoints").toUri().toString();
            cluster.stopWithSavepoint(job, savepoints, true, SavepointFormatType.CANONICAL).get();
        }
        return events(config);
    }

    private static MiniClusterConfiguration clusterConfiguration() {
        Configuration settings = new Configuration();
        settings.set(RestOptions.BIND_PORT, "0");
        settings.set(HeartbeatManagerOptions.HEARTBEAT_INTERVAL, Duration.ofMillis(500));
        settings.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, Duration.ofSeconds(5));
        return new MiniClusterConfiguration.Builder()
                .setConfiguration(settings)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(2)
                .build();
    }

    private static List<CheckpointEvent> events(KilnConfig config) {
        List<CheckpointEvent> events = new ArrayList<>();
        try (CheckpointSubscriber subscriber =
                new CheckpointSubscriber(
                        kafka(),
                        registry,
                        config.topics().checkpoints(),
                        CheckpointSubscriber.Start.BEGINNING)) {
            await().atMost(Duration.ofSeconds(30))
                    .until(
                            () -> {
                                events.addAll(subscriber.poll(Duration.ofMillis(500)));
                                return events.stream().anyMatch(e -> e.getStep() == BATCHES);
                            });
            events.addAll(subscriber.poll(Duration.ofSeconds(1)));
        }
        return events;
    }

    /** Losses of the committed steps of a run, in order, with the step's number. */
    private static List<String> losses(String run) {
        List<String> losses = new ArrayList<>();
        RecordDeserializer<TrainingStep> deserializer =
                new RecordDeserializer<>(registry, TrainingStep.class);
        TopicPartition partition = new TopicPartition("steps-" + run, 0);
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrapServers(),
                        "isolation.level",
                        "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(200))
                        .forEach(
                                record -> {
                                    TrainingStep step = deserializer.read(record.value());
                                    losses.add(
                                            step.getStep()
                                                    + " "
                                                    + step.getBatchId()
                                                    + " "
                                                    + Double.toHexString(step.getLoss()));
                                });
            }
        }
        return losses;
    }
}
