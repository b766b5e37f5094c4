package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.demo.EmbeddedFlink;
import io.kiln.demo.scenes.Scenes;
import io.kiln.kafka.Clients;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.masking.job.MaskingJob;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures the speed of the masking job inside Flink, between the topics of a broker, with one
 * subtask and with two. To be run by hand on an idle machine with {@code
 * -Dkiln.scaling.images=8000}; {@code -Dkiln.scaling.with='kafka.properties={linger.ms: "0"}'}
 * compares another setting. Prints the results; asserts only that all images arrive.
 */
@EnabledIfSystemProperty(named = "kiln.scaling.images", matches = "\\d+")
@ExtendWith(SharedServers.class)
class MaskingScalingIT {
    private static final int IMAGES = Integer.getInteger("kiln.scaling.images", 0);
    private static final String OTHER_SETTING = System.getProperty("kiln.scaling.with", "");
    private static final int ROUNDS = 3;
    private static final int BATCH_SIZE = 32;
    private static final long IDLE_NANOS = 3_000_000_000L;

    @TempDir private Path folder;

    @Test
    void oneAndTwoSubtasks(LocalBroker broker, LocalRegistry registry) throws Exception {
        try (EmbeddedFlink flink =
                EmbeddedFlink.start(folder.resolve("flink"), folder.resolve("flink.log"), "0", 2)) {
            String servers = broker.bootstrapServers();
            KilnConfig config = config(servers, registry.url(), 1, "batches");
            KilnTopics.create(config);
            send(config);
            for (int round = 0; round <= ROUNDS; round++) {
                for (int subtasks = 1; subtasks <= 2; subtasks++) {
                    String batches = "batches-" + round + "-" + subtasks;
                    run(flink, config(servers, registry.url(), subtasks, batches), round);
                    if (!OTHER_SETTING.isEmpty()) {
                        run(
                                flink,
                                config(
                                        servers,
                                        registry.url(),
                                        subtasks,
                                        batches + "-other",
                                        OTHER_SETTING),
                                round);
                    }
                }
            }
        }
    }

    private KilnConfig config(
            String brokers, String registry, int subtasks, String batches, String... more) {
        List<String> overrides =
                new ArrayList<>(
                        List.of(
                                "kafka.bootstrapServers=" + brokers,
                                "registry.url=" + registry,
                                "topics.imagePartitions=2",
                                "topics.imageFormat=raw",
                                "topics.images=scaling.images",
                                "topics.deadLetters=scaling.dlq",
                                "topics.sparseBatches=" + batches,
                                "masking.batchSize=" + BATCH_SIZE,
                                "flink.maskingParallelism=" + subtasks,
                                "flink.checkpointInterval=1s",
                                "flink.checkpointDirectory="
                                        + folder.resolve("checkpoints").toUri()));
        overrides.addAll(List.of(more));
        return KilnConfig.parse("", overrides);
    }

    /** Sends generated images, which are as large and as costly to decode as photographs. */
    private static void send(KilnConfig config) throws Exception {
        Scenes scenes = new Scenes(7, 450);
        List<byte[]> pictures = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            ImageIO.write(scenes.draw(i), "jpg", bytes);
            pictures.add(bytes.toByteArray());
        }
        try (KafkaProducer<byte[], byte[]> producer = TestClients.producer(config)) {
            for (int i = 0; i < IMAGES; i++) {
                byte[] key = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
                producer.send(
                        new ProducerRecord<>(
                                config.topics().images(), i % 2, key, pictures.get(i % 50)));
            }
        }
    }

    /** Round 0 warms up. */
    private static void run(EmbeddedFlink flink, KilnConfig config, int round) throws Exception {
        KilnTopics.create(config);
        double cpuBefore = cpuSeconds();
        JobID job = flink.submit(MaskingJob.NAME, env -> MaskingJob.define(env, config));
        long first = 0;
        long visibleFirst = 0;
        long last = 0;
        long visible = 0;
        try (Admin admin = Admin.create(Clients.properties(config))) {
            while (visible < IMAGES / BATCH_SIZE || System.nanoTime() - last < IDLE_NANOS) {
                long now = visible(admin, config);
                if (now > visible) {
                    visibleFirst = visible == 0 ? now : visibleFirst;
                    first = visible == 0 ? System.nanoTime() : first;
                    last = System.nanoTime();
                    visible = now;
                }
                Thread.sleep(20);
            }
        }
        double seconds = (last - first) / 1e9;
        double cpu = cpuSeconds() - cpuBefore;
        flink.drain(job).get();
        assertThat(visible).isGreaterThanOrEqualTo(IMAGES / BATCH_SIZE);
        System.out.printf(
                "round %d, %d subtasks, %s: %.1f s from the first visible batches to the last, %.0f images/s, %.2f ms of CPU an image (job, broker and all)%n",
                round,
                config.flink().maskingParallelism(),
                config.kafka().properties(),
                seconds,
                (visible - visibleFirst) * BATCH_SIZE / seconds,
                1e3 * cpu / IMAGES);
    }

    private static long visible(Admin admin, KilnConfig config) throws Exception {
        TopicPartition partition = new TopicPartition(config.topics().sparseBatches(), 0);
        return admin.listOffsets(
                        Map.of(partition, OffsetSpec.latest()),
                        new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                .partitionResult(partition)
                .get()
                .offset();
    }

    private static double cpuSeconds() {
        return ((com.sun.management.OperatingSystemMXBean)
                                ManagementFactory.getOperatingSystemMXBean())
                        .getProcessCpuTime()
                / 1e9;
    }
}
