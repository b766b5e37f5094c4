package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.checkpoints.Start;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.CommittedRecords;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.TrainingStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Batches on a topic of their own, of the broker that tests share, and the training job on mini
 * clusters.
 */
final class TrainingBench {
    private static final Set<FileRole> NAME_THE_RUN =
            Set.of(FileRole.ENCODER_CONFIG, FileRole.MODEL_CARD, FileRole.CONFIGURATION);

    private final Path directory;
    private final int batches;
    private final int partitions;
    private final String batchTopic = TestServers.unique("batches");
    private final SchemaRegistry registry = TestServers.registry();

    /** Sends batches to a topic of one partition. */
    TrainingBench(Path directory, int batches) {
        this(directory, batches, 1);
        send(0, batches);
    }

    /** Makes a topic for batches. */
    TrainingBench(Path directory, int batches, int partitions) {
        this.directory = directory;
        this.batches = batches;
        this.partitions = partitions;
        create(new NewTopic(batchTopic, partitions, (short) 1));
    }

    /** Sends batches to the partitions in turn, by their number. */
    void send(int from, int to) {
        for (int partition = 0; partition < partitions; partition++) {
            int remainder = partition;
            sendTo(
                    partition,
                    IntStream.range(from, to).filter(i -> i % partitions == remainder).toArray());
        }
    }

    /** Sends batches of these numbers to a partition. */
    void sendTo(int partition, int... numbers) {
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            for (int number : numbers) {
                producer.send(record(partition, number));
            }
        }
    }

    /** Sends batches to the partitions in turn, in a transaction, as the masking job does. */
    void sendInATransaction(int from, int to) {
        String id = TestServers.unique("masking");
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("transactional.id", id))) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int number = from; number < to; number++) {
                producer.send(record(number % partitions, number));
            }
            producer.commitTransaction();
        }
    }

    private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(TestServers.kafka());
        settings.putAll(more);
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private ProducerRecord<byte[], byte[]> record(int partition, int number) {
        byte[] batch =
                new RecordSerializer<SparseBatch>(registry)
                        .serialize(batchTopic, TestBatches.batch(number));
        return new ProducerRecord<>(batchTopic, partition, new byte[] {'0'}, batch);
    }

    /** Deletes all batches, as retention does. */
    void deleteAll() throws Exception {
        Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            all.put(new TopicPartition(batchTopic, partition), RecordsToDelete.beforeOffset(-1));
        }
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.deleteRecords(all).all().get();
        }
    }

    private static void create(NewTopic... topics) {
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.createTopics(List.of(topics)).all().get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Configuration of a run, whose topics exist from now on. */
    KilnConfig run(String name, String... more) {
        String run = TestServers.unique(name);
        String steps = "steps-" + run;
        String checkpoints = "checkpoints-" + run;
        String updates = "updates-" + run;
        create(
                new NewTopic(steps, 1, (short) 1),
                new NewTopic(checkpoints, 1, (short) 1),
                new NewTopic(updates, 1, (short) 1));
        List<String> overrides =
                new ArrayList<>(
                        List.of(
                                "kafka.bootstrapServers=" + TestServers.broker(),
                                "registry.url=" + TestServers.registryUrl(),
                                "topics.sparseBatches=" + batchTopic,
                                "topics.trainingSteps=" + steps,
                                "topics.checkpoints=" + checkpoints,
                                "topics.updates=" + updates,
                                "topics.partitionsPerTrainer=" + partitions,
                                "training.runId=" + run,
                                "flink.checkpointInterval=300ms",
                                "flink.checkpointDirectory="
                                        + directory.resolve("flink-" + run).toUri(),
                                "flink.restartDelay=100ms"));
        overrides.addAll(List.of(more));
        return TestBatches.config(
                directory.resolve("artifacts-" + run).toUri().toString(),
                overrides.toArray(String[]::new));
    }

    static MiniCluster cluster() throws Exception {
        return cluster(2);
    }

    /** One task manager. */
    static MiniCluster cluster(int slots) throws Exception {
        Configuration settings = new Configuration();
        settings.set(RestOptions.BIND_PORT, "0");
        settings.set(HeartbeatManagerOptions.HEARTBEAT_INTERVAL, Duration.ofMillis(500));
        settings.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, Duration.ofSeconds(30));
        MiniCluster cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(settings)
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(slots)
                                .build());
        cluster.start();
        return cluster;
    }

    static JobID submit(MiniCluster cluster, KilnConfig config) throws Exception {
        return submit(cluster, config, SavepointRestoreSettings.none());
    }

    /**
     * @param from URI of a checkpoint or savepoint
     */
    static JobID submit(MiniCluster cluster, KilnConfig config, String from) throws Exception {
        return submit(cluster, config, SavepointRestoreSettings.forPath(from));
    }

    private static JobID submit(
            MiniCluster cluster, KilnConfig config, SavepointRestoreSettings from)
            throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        TrainingJob.define(env, config);
        JobGraph job = env.getStreamGraph().getJobGraph();
        job.setSavepointRestoreSettings(from);
        return cluster.submitJob(job).get().getJobID();
    }

    /** Waits for the end of a job that fails for good; its stack trace. */
    static String end(MiniCluster cluster, JobID job) throws Exception {
        return cluster.requestJobResult(job)
                .get(2, TimeUnit.MINUTES)
                .getSerializedThrowable()
                .orElseThrow()
                .getFullStringifiedStackTrace();
    }

    /**
     * Trains on all batches and stops with a savepoint.
     *
     * @param stepsBeforeFailure committed steps after which the task manager is killed; 0 for a run
     *     that is left alone
     * @return the events that a subscriber sees
     */
    List<CheckpointEvent> train(KilnConfig config, int stepsBeforeFailure) throws Exception {
        try (MiniCluster cluster = cluster()) {
            JobID job = submit(cluster, config);
            if (stepsBeforeFailure > 0) {
                awaitSteps(config, stepsBeforeFailure);
                cluster.terminateTaskManager(0).get();
                assertThat(steps(config)).as("steps before the failure").hasSizeLessThan(batches);
                cluster.startTaskManager();
            }
            awaitSteps(config, batches);
            String savepoints = directory.resolve("savepoints").toUri().toString();
            cluster.stopWithSavepoint(job, savepoints, true, SavepointFormatType.CANONICAL).get();
        }
        return events(config);
    }

    /** How far the job has read a partition, as of its last checkpoint. */
    long read(KilnConfig config, int partition) throws Exception {
        try (Admin admin = Admin.create(TestServers.kafka())) {
            OffsetAndMetadata read =
                    admin.listConsumerGroupOffsets(KilnJob.TRAINING.group(config))
                            .partitionsToOffsetAndMetadata()
                            .get()
                            .get(new TopicPartition(batchTopic, partition));
            return read == null ? 0 : read.offset();
        }
    }

    /** Waits until steps of a run are committed. */
    void awaitSteps(KilnConfig config, int count) {
        await().atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofMillis(300))
                .until(() -> steps(config).size() >= count);
    }

    private List<CheckpointEvent> events(KilnConfig config) {
        List<CheckpointEvent> events = new ArrayList<>();
        try (CheckpointSubscriber subscriber =
                new CheckpointSubscriber(
                        TestServers.kafka(),
                        registry,
                        config.topics().checkpoints(),
                        Start.BEGINNING)) {
            await().atMost(Duration.ofSeconds(30))
                    .until(
                            () -> {
                                events.addAll(subscriber.poll(Duration.ofMillis(500)));
                                return events.stream().anyMatch(e -> e.getStep() == batches);
                            });
            events.addAll(subscriber.poll(Duration.ofSeconds(1)));
        }
        return events;
    }

    /**
     * Of two runs, requires that they ended after the same step with the same files, those aside
     * that name the run.
     */
    static void requireSameWeights(List<CheckpointEvent> actual, List<CheckpointEvent> expected) {
        assertThat(last(actual).getStep()).isEqualTo(last(expected).getStep());
        assertThat(digests(last(actual))).containsExactlyElementsOf(digests(last(expected)));
    }

    private static CheckpointEvent last(List<CheckpointEvent> events) {
        return events.stream()
                .filter(event -> event.getStatus() == CheckpointStatus.CANDIDATE)
                .reduce((earlier, later) -> later)
                .orElseThrow();
    }

    private static List<String> digests(CheckpointEvent event) {
        return event.getFiles().stream()
                .filter(file -> !NAME_THE_RUN.contains(file.getRole()))
                .map(CheckpointFile::getSha256)
                .toList();
    }

    /** The committed steps of a run, in order. */
    List<TrainingStep> steps(KilnConfig config) {
        RecordDeserializer<TrainingStep> deserializer =
                new RecordDeserializer<>(registry, TrainingStep.class);
        return CommittedRecords.of(TestServers.broker(), config.topics().trainingSteps()).stream()
                .map(record -> deserializer.read(record.value()))
                .toList();
    }

    /** What of each step must be equal in equal runs: number, batch, bits of the loss. */
    List<String> losses(KilnConfig config) {
        return steps(config).stream()
                .map(
                        step ->
                                step.getStep()
                                        + " "
                                        + step.getBatchId()
                                        + " "
                                        + Double.toHexString(step.getLoss()))
                .toList();
    }
}
