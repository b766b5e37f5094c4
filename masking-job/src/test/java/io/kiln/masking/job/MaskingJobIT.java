package io.kiln.masking.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.images.TestImages;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.schemas.CommittedRecords;
import io.kiln.schemas.DeadLetterHeaders;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.Topic;
import io.kiln.schemas.TopicCatalogue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.avro.Schema;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.scheduler.ExecutionGraphInfo;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole job on a mini cluster, with a real broker and a real registry. */
@Timeout(180)
class MaskingJobIT {
    private static final int PARTITIONS = 3;
    private static final int IMAGES = 150;
    private static final int VIEWS = 2;
    private static final int BATCH_SIZE = 8;
    private static final int SHUFFLED = 10;
    private static final int REPEATED = 30;

    @TempDir static Path directory;

    private static LocalBroker broker;
    private static LocalRegistry server;
    private static SchemaRegistry registry;

    /** Values of the records that cannot be used. */
    private static final List<byte[]> BAD = new ArrayList<>();

    @BeforeAll
    static void start() {
        broker = LocalBroker.start(directory.resolve("broker"));
        server = LocalRegistry.start(directory.resolve("registry"));
        registry = new SchemaRegistry(server.url(), Duration.ofSeconds(10));
    }

    @AfterAll
    static void stop() {
        server.close();
        broker.close();
    }

    @Test
    void killedJobMakesTheSameBatchesAndLosesNothing() throws Exception {
        createTopics("images", "undisturbed");
        createTopics("images", "killed");
        send("images", 0, IMAGES / 2);
        sendBad("images");
        run("killed", 2, true);
        run("undisturbed", 1, false);

        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(batchIds("killed", partition))
                    .as("batches of partition %d", partition)
                    .containsExactlyElementsOf(batchIds("undisturbed", partition));
        }
        assertThat(views("killed"))
                .hasSize(IMAGES * VIEWS)
                .doesNotHaveDuplicates()
                .hasSameElementsAs(views("undisturbed"));
        assertDeadLetters("killed");
        assertDeadLetters("undisturbed");
    }

    @Test
    void rawPicturesAreShuffledAndTheirDuplicatesDroppedTheSameWayWhereverTheJobIsKilled()
            throws Exception {
        String[] settings = {
            "topics.images=raw",
            "topics.imageFormat=raw",
            "masking.duplicates=drop-exact",
            "masking.shuffleBuffer=" + SHUFFLED
        };
        createTopics("raw", "raw-undisturbed");
        createTopics("raw", "raw-killed");
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = 0; i < IMAGES + REPEATED; i++) {
                byte[] picture = picture(i % IMAGES);
                producer.send(
                        new ProducerRecord<>("raw", i % PARTITIONS, ascii("camera"), picture));
            }
        }
        int early = PARTITIONS * ((IMAGES / PARTITIONS - SHUFFLED) / BATCH_SIZE) * VIEWS;
        run(config("raw-killed", 2, settings), "raw-killed", early, () -> {});
        run(config("raw-undisturbed", 1, settings), "raw-undisturbed", early, null);

        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(batchIds("raw-killed", partition))
                    .as("batches of partition %d", partition)
                    .containsExactlyElementsOf(batchIds("raw-undisturbed", partition));
        }
        assertThat(views("raw-killed")).hasSize(IMAGES * VIEWS).doesNotHaveDuplicates();
        assertThat(CommittedRecords.of(broker.bootstrapServers(), "dlq-raw-killed"))
                .hasSize(REPEATED)
                .allMatch(letter -> header(letter, DeadLetterHeaders.REASON).equals("DUPLICATE"))
                .allMatch(letter -> letter.value() == null);
        List<Long> offsets =
                batches("raw-killed").stream()
                        .flatMap(batch -> batch.getImages().stream())
                        .filter(image -> image.getPartition() == 0 && image.getView() == 0)
                        .map(ImageOrigin::getOffset)
                        .toList();
        assertThat(offsets).isNotEqualTo(offsets.stream().sorted().toList());
    }

    @Test
    void imagesDeletedBeforeTheyWereReadStopTheJobWithAnErrorThatNamesThem() throws Exception {
        createTopics("images-gap", "gap");
        send("images-gap", 0, IMAGES / 2);
        try (MiniCluster cluster = new MiniCluster(clusterConfiguration())) {
            cluster.start();
            JobID job = submit(cluster, config("gap", 1, "topics.images=images-gap"));
            dieAndComeBack(
                    cluster,
                    "gap",
                    () -> {
                        send("images-gap", IMAGES / 2, IMAGES);
                        deleteAll("images-gap", 0);
                    });
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(
                            () ->
                                    assertThat(cluster.getExecutionGraphInfo(job).get())
                                            .extracting(MaskingJobIT::failures)
                                            .asString()
                                            .contains("out of range", "images-gap-0"));
            assertThat(views("gap")).hasSizeLessThanOrEqualTo(IMAGES / 2 * VIEWS);
        }
    }

    private static String failures(ExecutionGraphInfo job) {
        StringBuilder all = new StringBuilder();
        job.getExceptionHistory().forEach(entry -> all.append(entry.getExceptionAsString()));
        return all.toString();
    }

    private static void deleteAll(String topic, int number) {
        TopicPartition partition = new TopicPartition(topic, number);
        try (Admin admin = Admin.create(kafka())) {
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1))).all().get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs the job over all images and drains it. */
    private static void run(String name, int parallelism, boolean kill) throws Exception {
        Runnable meanwhile = kill ? () -> send("images", IMAGES / 2, IMAGES) : null;
        run(config(name, parallelism), name, fullBatches(), meanwhile);
    }

    /**
     * @param enough batches to wait for before the job is drained
     * @param meanwhile what is done while the only task manager is dead; null to leave it alone
     */
    private static void run(KilnConfig config, String name, int enough, Runnable meanwhile)
            throws Exception {
        try (MiniCluster cluster = new MiniCluster(clusterConfiguration())) {
            cluster.start();
            JobID job = submit(cluster, config);
            if (meanwhile != null) {
                dieAndComeBack(cluster, name, meanwhile);
            }
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> batches(name).size() == enough);
            String savepoints = directory.resolve("savepoints").toUri().toString();
            cluster.stopWithSavepoint(job, savepoints, true, SavepointFormatType.CANONICAL).get();
        }
    }

    private static JobID submit(MiniCluster cluster, KilnConfig config) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        MaskingJob.define(env, config);
        return cluster.submitJob(env.getStreamGraph().getJobGraph()).get().getJobID();
    }

    /** The only task manager, when the job has made batches. */
    private static void dieAndComeBack(MiniCluster cluster, String name, Runnable meanwhile)
            throws Exception {
        await().atMost(Duration.ofSeconds(60)).until(() -> batches(name).size() >= 6);
        cluster.terminateTaskManager(0).get();
        meanwhile.run();
        cluster.startTaskManager();
    }

    private static int fullBatches() {
        return PARTITIONS * (IMAGES / PARTITIONS / BATCH_SIZE) * VIEWS;
    }

    private static KilnConfig config(String name, int parallelism, String... more) {
        List<String> overrides =
                new ArrayList<>(
                        List.of(
                                "kafka.bootstrapServers=" + broker.bootstrapServers(),
                                "registry.url=" + server.url(),
                                "topics.imagePartitions=" + PARTITIONS,
                                "topics.sparseBatches=batches-" + name,
                                "topics.deadLetters=dlq-" + name,
                                "input.height=64",
                                "input.width=96",
                                "masking.views=" + VIEWS,
                                "masking.batchSize=" + BATCH_SIZE,
                                "masking.flushAfter=10m",
                                "flink.maskingParallelism=" + parallelism,
                                "flink.checkpointInterval=300ms",
                                "flink.checkpointDirectory="
                                        + directory.resolve("flink-" + name).toUri(),
                                "flink.restartDelay=100ms"));
        overrides.addAll(List.of(more));
        return KilnConfig.parse("", overrides);
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

    private static void createTopics(String images, String name) {
        Schema schema = images.equals("raw") ? null : ImageRecord.getClassSchema();
        try (Admin admin = Admin.create(kafka())) {
            new TopicCatalogue(
                            new Topic(images, PARTITIONS, null, schema),
                            new Topic("dlq-" + name, 1, null, null),
                            new Topic("batches-" + name, 1, null, SparseBatch.getClassSchema()),
                            new Topic("training-steps", 1, null, null),
                            new Topic("checkpoints", 1, null, null))
                    .create(admin, 1, registry);
        }
    }

    private static void send(String topic, int from, int to) {
        RecordSerializer<ImageRecord> serializer = new RecordSerializer<>(registry);
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = from; i < to; i++) {
                byte[] value = serializer.serialize(topic, record("image " + i, picture(i)));
                producer.send(new ProducerRecord<>(topic, i % PARTITIONS, ascii("k" + i), value));
            }
        }
    }

    /** Another one for each number up to 149. */
    private static byte[] picture(int number) {
        return TestImages.jpeg(TestImages.scene(70 + number % 50, 90 + number % 30));
    }

    private static void sendBad(String topic) {
        RecordSerializer<ImageRecord> serializer = new RecordSerializer<>(registry);
        byte[] jpeg = TestImages.jpeg(TestImages.scene(70, 90));
        BAD.add(serializer.serialize(topic, record("text", ascii("I am x.jpg"))));
        BAD.add(serializer.serialize(topic, record("cut", Arrays.copyOf(jpeg, 900))));
        BAD.add(ascii("this is no Avro"));
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            for (int i = 0; i < BAD.size(); i++) {
                producer.send(new ProducerRecord<>(topic, i, ascii("bad" + i), BAD.get(i)));
            }
        }
    }

    private static ImageRecord record(String id, byte[] picture) {
        return new ImageRecord(
                id, "test:" + id, "image/jpeg", ByteBuffer.wrap(picture), null, Map.of());
    }

    private static void assertDeadLetters(String name) {
        List<ConsumerRecord<byte[], byte[]>> letters =
                CommittedRecords.of(broker.bootstrapServers(), "dlq-" + name);
        assertThat(letters).hasSize(BAD.size());
        Set<String> reasons = new HashSet<>();
        for (ConsumerRecord<byte[], byte[]> letter : letters) {
            int partition = Integer.parseInt(header(letter, DeadLetterHeaders.PARTITION));
            assertThat(letter.key()).isEqualTo(ascii("bad" + partition));
            assertThat(letter.value()).isEqualTo(BAD.get(partition));
            reasons.add(partition + " " + header(letter, DeadLetterHeaders.REASON));
        }
        assertThat(reasons)
                .containsExactlyInAnyOrder("0 NOT_AN_IMAGE", "1 TRUNCATED", "2 NOT_A_RECORD");
    }

    private static List<String> batchIds(String name, int partition) {
        return batches(name).stream()
                .filter(batch -> batch.getImages().get(0).getPartition() == partition)
                .map(SparseBatch::getBatchId)
                .toList();
    }

    private static List<String> views(String name) {
        List<String> views = new ArrayList<>();
        for (SparseBatch batch : batches(name)) {
            for (ImageOrigin origin : batch.getImages()) {
                views.add(origin.getImageId() + " view " + origin.getView());
            }
        }
        return views;
    }

    private static List<SparseBatch> batches(String name) {
        RecordDeserializer<SparseBatch> deserializer =
                new RecordDeserializer<>(registry, SparseBatch.class);
        return CommittedRecords.of(broker.bootstrapServers(), "batches-" + name).stream()
                .map(record -> deserializer.read(record.value()))
                .toList();
    }

    private static KafkaProducer<byte[], byte[]> producer() {
        return new KafkaProducer<>(kafka(), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static Map<String, Object> kafka() {
        return Map.of("bootstrap.servers", broker.bootstrapServers());
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
