package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Encoder;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.EncoderTensors;
import io.kiln.model.weights.WeightNames;
import io.kiln.operations.console.Json;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.TestRecords;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code kiln probe} of files, and of versions on a real broker. */
@Timeout(180)
@ExtendWith(SharedServers.class)
class ProbeIT {
    private static final String TOPIC = "probed";

    @TempDir static Path folder;
    private static List<String> settings;
    private static LocalBroker broker;

    @BeforeAll
    static void announceTwoVersionsAndPromoteTheFirst(
            LocalBroker sharedBroker, LocalRegistry server) throws Exception {
        broker = sharedBroker;
        settings =
                List.of(
                        "--set=kafka.bootstrapServers=" + broker.bootstrapServers(),
                        "--set=registry.url=" + server.url(),
                        "--set=topics.checkpoints=" + TOPIC,
                        "--set=model.name=tiny");
        SchemaRegistry registry = new SchemaRegistry(server.url(), Duration.ofSeconds(10));
        try (Admin admin = Admin.create(kafka())) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
        }
        CheckpointEvent first = event(1);
        send(registry, first);
        send(registry, event(2));
        send(
                registry,
                CheckpointEvents.withStatus(first, CheckpointStatus.PROMOTED, Instant.EPOCH));
        Files.writeString(encoder(2), "altered");
        writeClasses("grey", 8, 0x101010, 0xd0d0d0);
    }

    private static Map<String, Object> kafka() {
        return Map.of("bootstrap.servers", broker.bootstrapServers());
    }

    private static Path encoder(long version) {
        return folder.resolve(version + ".safetensors");
    }

    private static CheckpointEvent event(long version) throws IOException {
        Architecture architecture =
                new Architecture(
                        Family.CONVNEXT,
                        List.of(1, 1, 1, 1),
                        List.of(8, 12, 16, 24),
                        64,
                        0.5,
                        0,
                        32,
                        3);
        Map<String, String> metadata =
                Map.of(
                        "architecture", architecture.toJson(),
                        "height", "64",
                        "width", "64",
                        "mean", "[0.5, 0.5, 0.5]",
                        "std", "[0.2, 0.2, 0.2]");
        try (NDManager manager = Libtorch.load().newBaseManager();
                OutputStream out = Files.newOutputStream(encoder(version))) {
            Weights weights = new Weights(manager, Precision.FP32.dataType(), version);
            Encoder.of(architecture, weights);
            EncoderTensors tensors = EncoderTensors.of(architecture, weights);
            EncoderExport.write(out, tensors, WeightNames.TIMM, metadata);
        }
        byte[] content = Files.readAllBytes(encoder(version));
        CheckpointFile file = TestRecords.encoder(encoder(version), content);
        return TestRecords.event("tiny", "run-1", version, 10 * version)
                .setFiles(List.of(file))
                .build();
    }

    private static void send(SchemaRegistry registry, CheckpointEvent event) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        kafka(), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(TestRecords.record(registry, TOPIC, event)).get();
        }
    }

    /** A folder for each colour. */
    private static void writeClasses(String name, int each, int... colours) throws IOException {
        for (int colour : colours) {
            Path of = folder.resolve(name).resolve(Integer.toHexString(colour));
            Files.createDirectories(of);
            for (int i = 0; i < each; i++) {
                BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
                for (int at = 0; at < 64 * 64; at++) {
                    image.setRGB(at % 64, at / 64, colour + (i + at % 7) * 0x010101);
                }
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
    }

    private static Cli probe(String classes, String... arguments) {
        List<String> all = new ArrayList<>(List.of("probe", folder.resolve(classes).toString()));
        all.addAll(settings);
        all.addAll(List.of(arguments));
        return Cli.run(all.toArray(String[]::new));
    }

    @Test
    void versionThatShouldBeInUseIsProbed() {
        Cli run = probe("grey");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("version 1 of tiny", "16 in 2 classes, 24 values each", "50.0 %")
                .containsPattern("nearest +100.0 % ± 0.0 over 5 folds")
                .containsPattern("linear +100.0 % ± 0.0 over 5 folds");
    }

    @Test
    void fileAndVersionGiveEqualFigures() throws Exception {
        JsonNode ofFile = json(probe("grey", "--json", "--from", encoder(1).toString()));
        JsonNode ofVersion = json(probe("grey", "--json", "--checkpoint", "1"));
        assertThat(ofFile.path("linear")).hasSize(5).isEqualTo(ofVersion.path("linear"));
        assertThat(ofFile.path("nearest")).isEqualTo(ofVersion.path("nearest"));
    }

    private static JsonNode json(Cli run) throws IOException {
        assertThat(run.exitCode()).as(run.err()).isZero();
        return Json.MAPPER.readTree(run.out());
    }

    @Test
    void versionThatIsMissingOrAlteredIsNamed() {
        requireFailure(1, "has no version 7; it has 1 to 2", "grey", "--checkpoint", "7");
        requireFailure(1, "version 2 cannot be fetched", "grey", "--checkpoint", "2");
        requireFailure(1, "model other has no version in probed", "grey", "--set=model.name=other");
        requireFailure(1, "absent is not a folder", "absent");
    }

    @Test
    void wrongUseSaysWhatIsAllowed() {
        requireFailure(2, "--folds 1 is not allowed; expected 2 to 100", "grey", "--folds", "1");
        requireFailure(2, "mutually exclusive", "grey", "--from=a", "--checkpoint=1");
    }

    private static void requireFailure(
            int exitCode, String message, String classes, String... arguments) {
        Cli run = probe(classes, arguments);
        assertThat(run.exitCode()).isEqualTo(exitCode);
        assertThat(run.err()).contains(message);
    }
}
