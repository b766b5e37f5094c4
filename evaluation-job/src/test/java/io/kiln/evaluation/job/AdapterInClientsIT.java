package io.kiln.evaluation.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.config.KilnConfig;
import io.kiln.encoder.Advice;
import io.kiln.encoder.Embeddings;
import io.kiln.encoder.Encoder;
import io.kiln.encoder.EncoderHandle;
import io.kiln.encoder.Space;
import io.kiln.evaluation.probe.TestPictures;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An adapter that the evaluation job wrote and sent with a promotion takes embeddings into the
 * earlier version's space, in the client for the JVM and, where {@code kiln.timm} names a virtual
 * environment that has it, in the one for Python.
 */
@Timeout(300)
class AdapterInClientsIT {
    private static final int IMAGES = 96;

    private final String python = System.getProperty("kiln.timm", "");

    @TempDir private Path folder;

    @Test
    void embeddingsOfARotatedVersionComeOutInTheEarlierSpace() throws Exception {
        EvaluationRuns runs = new EvaluationRuns(folder);
        KilnConfig config =
                runs.run(
                        "adapter",
                        "evaluation.anchors=" + IMAGES,
                        "evaluation.promote=when-not-worse",
                        "evaluation.margins.loss=10",
                        "evaluation.margins.rank=0.9");
        List<Path> pictures = pictures();
        try (TrainedVersions versions = new TrainedVersions(config)) {
            EvaluationRuns.hold(config, 0, IMAGES);
            runs.submit(config);
            Space space = Space.of(promoted(config, versions.next(5)));
            EncoderHandle.Options options = EncoderHandle.Options.DEFAULT.in(space);
            try (EncoderHandle encoders =
                    EncoderHandle.follow(
                            TestServers.kafka(),
                            TestServers.registry(),
                            config.topics().checkpoints(),
                            config.model().name(),
                            folder.resolve("cache"),
                            options)) {
                await().atMost(EvaluationRuns.PATIENCE).until(() -> serves(encoders, 1));
                Embeddings before = encoders.embed(bytes(pictures));

                versions.permute();
                CheckpointEvent second = promoted(config, versions.next(0));
                await().atMost(EvaluationRuns.PATIENCE).until(() -> serves(encoders, 2));
                Embeddings after = encoders.embed(bytes(pictures));
                assertThat(encoders.status().advice()).contains(Advice.ADAPT);
                assertThat(after.version()).isEqualTo(2);
                assertThat(after.space()).isEqualTo(space);
                assertThat(diagonal(after.similarity(before))).allMatch(cosine -> cosine > 0.999);
                assertThat(diagonal(ofItself(second, pictures, space).similarity(before)))
                        .allMatch(cosine -> cosine < 0.9);
                if (!python.isEmpty()) {
                    requireEqualInPython(config, space, pictures, after);
                }
            }
        } finally {
            runs.close();
        }
    }

    private List<Path> pictures() throws Exception {
        Path classes = TestPictures.write(folder.resolve("pictures"), 2, 0x101010, 0xc06030);
        try (Stream<Path> files = Files.walk(classes)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static List<byte[]> bytes(List<Path> pictures) throws Exception {
        List<byte[]> bytes = new ArrayList<>();
        for (Path picture : pictures) {
            bytes.add(Files.readAllBytes(picture));
        }
        return bytes;
    }

    private static boolean serves(EncoderHandle encoders, long version) {
        return encoders.status()
                .serving()
                .filter(event -> event.getVersion() == version)
                .filter(event -> event.getStatus() == CheckpointStatus.PROMOTED)
                .isPresent();
    }

    /** The event by which the job promotes a version. */
    private static CheckpointEvent promoted(KilnConfig config, CheckpointEvent announced)
            throws Exception {
        EvaluationRuns.announced(config, announced);
        String id =
                CheckpointEvents.id(
                        announced.getRunId(), announced.getVersion(), CheckpointStatus.PROMOTED);
        return await().atMost(EvaluationRuns.PATIENCE)
                .until(
                        () ->
                                EvaluationRuns.events(config).stream()
                                        .filter(event -> event.getEventId().equals(id))
                                        .toList(),
                        events -> events.size() == 1)
                .get(0);
    }

    /** What the version gives without the adapter, said to be in a space that it is not in. */
    private Embeddings ofItself(CheckpointEvent event, List<Path> pictures, Space space)
            throws Exception {
        Path file = CheckpointSubscriber.fetch(event, FileRole.TORCHSCRIPT, folder.resolve("own"));
        try (Encoder encoder = Encoder.open(event, file)) {
            Embeddings own = encoder.embed(bytes(pictures));
            assertThat(own.space()).isEqualTo(Space.of(event));
            return new Embeddings(own.model(), own.runId(), own.version(), space, own.values());
        }
    }

    private static List<Float> diagonal(float[][] cosines) {
        List<Float> diagonal = new ArrayList<>();
        for (int i = 0; i < cosines.length; i++) {
            diagonal.add(cosines[i][i]);
        }
        return diagonal;
    }

    private void requireEqualInPython(
            KilnConfig config, Space space, List<Path> pictures, Embeddings expected)
            throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                python + "/bin/kiln-client",
                                "embed",
                                "--bootstrap-servers=" + TestServers.broker(),
                                "--registry=" + TestServers.registryUrl(),
                                "--topic=" + config.topics().checkpoints(),
                                "--cache=" + folder.resolve("python-cache"),
                                "--space=" + space));
        pictures.forEach(picture -> command.add(picture.toString()));
        Path out = folder.resolve("embeddings.json");
        Path problems = folder.resolve("problems.txt");
        Process process =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(problems.toFile())
                        .start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(problems)).isZero();
        List<String> lines = Files.readAllLines(out);
        assertThat(lines).hasSize(pictures.size());
        for (int image = 0; image < lines.size(); image++) {
            JsonNode line = new ObjectMapper().readTree(lines.get(image));
            assertThat(line.get("space").asText()).isEqualTo(space.toString());
            assertThat(line.get("version").asLong()).isEqualTo(2);
            float[] values = expected.values().get(image);
            assertThat(line.get("embedding")).hasSize(values.length);
            for (int i = 0; i < values.length; i++) {
                assertThat(line.get("embedding").get(i).doubleValue())
                        .isCloseTo(values[i], within(1e-4));
            }
        }
    }
}
