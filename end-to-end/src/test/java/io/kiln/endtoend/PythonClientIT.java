package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.checkpoints.Start;
import io.kiln.config.FolderUri;
import io.kiln.config.KilnConfig;
import io.kiln.demo.EmbeddedFlink;
import io.kiln.encoder.Encoder;
import io.kiln.images.TestImages;
import io.kiln.ingest.ImageProducer;
import io.kiln.ingest.Ingest;
import io.kiln.ingest.IngestOptions;
import io.kiln.ingest.PathSource;
import io.kiln.kafka.Clients;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.masking.job.MaskingJob;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.FileRole;
import io.kiln.training.job.TrainingJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Python client follows a run, and its embeddings equal those of the client for the JVM. Runs
 * where {@code kiln.timm} names a virtual environment with kiln-client, timm and pytest.
 */
@Timeout(900)
@ExtendWith(SharedServers.class)
class PythonClientIT {
    private static final int PICTURES = 24;
    private static final int EMBEDDED = 5;

    private final String timm = System.getProperty("kiln.timm", "");

    @TempDir private Path folder;

    @BeforeEach
    void requirePython() {
        assumeTrue(!timm.isEmpty(), "kiln.timm is not set");
    }

    @Test
    void versionsAreFollowedAndBadOnesRefused(LocalBroker broker, LocalRegistry registry)
            throws Exception {
        Map<String, String> servers =
                Map.of(
                        "KILN_TEST_BROKERS", broker.bootstrapServers(),
                        "KILN_TEST_REGISTRY", registry.url());
        runTests("test_following.py", servers);
        runTests("test_handle.py", servers);
    }

    @Test
    void killedClientsGoOnAndAbsentServersAreTold(LocalBroker broker, LocalRegistry registry)
            throws Exception {
        runTests(
                "test_recovery.py",
                Map.of(
                        "KILN_TEST_BROKERS", broker.bootstrapServers(),
                        "KILN_TEST_BROKER_PID", Long.toString(broker.process().pid()),
                        "KILN_TEST_REGISTRY", registry.url()));
    }

    @Test
    void embeddingsInPythonEqualThoseInJava(LocalBroker broker, LocalRegistry registry)
            throws Exception {
        Path pictures = folder.resolve("pictures");
        TestImages.writeJpegs(pictures, PICTURES);
        KilnConfig config = SmallRun.config(broker, registry, folder, "python-client");
        try (EmbeddedFlink flink =
                EmbeddedFlink.start(folder.resolve("flink"), folder.resolve("flink.log"), "0", 2)) {
            KilnTopics.create(config);
            try (ImageProducer producer = ImageProducer.open(config)) {
                new Ingest(producer, IngestOptions.of(config.ingest()))
                        .run(List.of(PathSource.of(pictures)), new NoListener());
            }
            flink.submit(MaskingJob.NAME, env -> MaskingJob.define(env, config));
            flink.submit(TrainingJob.NAME, env -> TrainingJob.define(env, config));
            Path embedded = embedded(pictures);
            JsonNode found = inPython(config, embedded);
            requireEqual(found, config, embedded);
        }
    }

    private Path embedded(Path pictures) throws Exception {
        Path embedded = Files.createDirectories(folder.resolve("embedded"));
        for (Path picture : files(pictures).subList(0, EMBEDDED)) {
            Files.copy(picture, embedded.resolve(picture.getFileName()));
        }
        return embedded;
    }

    private static List<Path> files(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** Embeddings by version. */
    private JsonNode inPython(KilnConfig config, Path pictures) throws Exception {
        Path result = folder.resolve("embeddings.json");
        runTests(
                "test_cluster.py",
                Map.of(
                        "KILN_TEST_BROKERS", config.kafka().bootstrapServers(),
                        "KILN_TEST_REGISTRY", config.registry().url(),
                        "KILN_TEST_TOPIC", config.topics().checkpoints(),
                        "KILN_TEST_STORE", FolderUri.of(folder.resolve("artifacts")),
                        "KILN_TEST_IMAGES", pictures.toString(),
                        "KILN_TEST_OUT", result.toString()));
        return new ObjectMapper().readTree(result.toFile());
    }

    private void runTests(String file, Map<String, String> environment) throws Exception {
        Path log = folder.resolve("pytest.log");
        ProcessBuilder builder =
                new ProcessBuilder(
                                timm + "/bin/python",
                                "-m",
                                "pytest",
                                "-p",
                                "no:cacheprovider",
                                Path.of(System.getProperty("kiln.root"), "python/tests", file)
                                        .toString())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        boolean ended = process.waitFor(600, TimeUnit.SECONDS);
        process.destroyForcibly();
        String printed = Files.readString(log);
        assertThat(ended && process.exitValue() == 0).as(printed).isTrue();
        assertThat(printed).contains(" passed").doesNotContain(" skipped");
    }

    private void requireEqual(JsonNode found, KilnConfig config, Path pictures) throws Exception {
        List<byte[]> images = new ArrayList<>();
        for (Path picture : files(pictures)) {
            images.add(Files.readAllBytes(picture));
        }
        int compared = 0;
        try (CheckpointSubscriber subscriber =
                new CheckpointSubscriber(
                        Clients.properties(config),
                        Clients.registry(config),
                        config.topics().checkpoints(),
                        Start.BEGINNING)) {
            for (CheckpointEvent event : subscriber.poll(Duration.ofSeconds(20))) {
                JsonNode python = found.get(String.valueOf(event.getVersion()));
                if (python != null) {
                    requireEqual(python, event, images);
                    compared++;
                }
            }
        }
        assertThat(compared).isEqualTo(2);
    }

    private void requireEqual(JsonNode python, CheckpointEvent event, List<byte[]> images)
            throws Exception {
        Path file =
                CheckpointSubscriber.fetch(event, FileRole.TORCHSCRIPT, folder.resolve("fetched"));
        try (Encoder encoder = Encoder.open(event, file)) {
            List<float[]> java = encoder.embed(images).values();
            assertThat(python).hasSize(images.size());
            for (int image = 0; image < images.size(); image++) {
                for (int i = 0; i < java.get(image).length; i++) {
                    assertThat(python.get(image).get(i).doubleValue())
                            .as("version %d, image %d, value %d", event.getVersion(), image, i)
                            .isCloseTo(java.get(image)[i], within(1e-4));
                }
            }
        }
    }
}
