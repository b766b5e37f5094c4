package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.images.TestImages;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.SchemaRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs the verbs as the guide describes. */
@ExtendWith(SharedServers.class)
class VerbsIT {
    @TempDir private static Path folder;

    private static LocalBroker broker;
    private static LocalRegistry registry;
    private static Launcher kiln;

    @BeforeAll
    static void start(LocalBroker sharedBroker, LocalRegistry sharedRegistry) {
        broker = sharedBroker;
        registry = sharedRegistry;
        kiln = new Launcher(folder);
    }

    @Test
    void aListOfPathsOnStandardInputAndRefusalsUnderStrict() throws Exception {
        Path config = config("topics.images=listed", "topics.deadLetters=listed.dlq");
        kiln.ok("topics", "create", "--config", config.toString());
        Path note = Files.writeString(folder.resolve("note.txt"), "not a picture");
        Launcher.Result lenient =
                kiln.run("ingest", "--config", config.toString(), note.toString());
        assertThat(lenient.exitCode()).as("nothing was sent").isEqualTo(1);
        assertThat(lenient.out()).contains("sent 0 images", "refused 1: not an image");
        assertThat(lenient.err()).containsOnlyOnce("note.txt");
        Path pictures = folder.resolve("few");
        TestImages.writeJpegs(pictures, 2);
        Path list = Files.writeString(folder.resolve("list"), note + "\n\n" + pictures + "\n");
        Path refused = folder.resolve("refused.jsonl");
        Launcher.Result strict =
                kiln.runWithInput(
                        list,
                        "ingest",
                        "--strict",
                        "--refused",
                        refused.toString(),
                        "--config",
                        config.toString(),
                        "-");
        assertThat(strict.exitCode()).isEqualTo(1);
        assertThat(strict.out()).contains("sent 2 images").contains("refused 1: not an image");
        assertThat(Files.readAllLines(refused))
                .singleElement()
                .asString()
                .contains("\"reason\":\"NOT_AN_IMAGE\"", note.toUri().toString());
    }

    @Test
    void aSchemaThatTheRegistryRefusesIsNamedWithItsField() throws Exception {
        Schema.Field required =
                new Schema.Field("camera", Schema.create(Schema.Type.STRING), "Which.");
        Schema other =
                Schema.createRecord(
                        ImageRecord.getClassSchema().getName(),
                        "Without Kiln's fields.",
                        ImageRecord.getClassSchema().getNamespace(),
                        false,
                        List.of(required));
        new SchemaRegistry(registry.url(), Duration.ofSeconds(10)).register("taken-value", other);
        Launcher.Result run =
                kiln.run("topics", "create", "--config", config("topics.images=taken").toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.complaints().lines()).hasSize(1);
        assertThat(run.complaints()).contains("taken-value").contains("ImageRecord.imageId");
    }

    @Test
    void whatIsNotThereIsNamedWithItsAddress() throws Exception {
        Path nowhere = config("kafka.bootstrapServers=127.0.0.1:1", "kafka.connectTimeout=1s");
        for (List<String> verb :
                List.of(
                        List.of("watch"),
                        List.of("audit"),
                        List.of("topics", "create"),
                        List.of("ingest", "."))) {
            List<String> arguments = new ArrayList<>(verb);
            arguments.addAll(List.of("--config", nowhere.toString()));
            requireFailure("no Kafka broker answered at 127.0.0.1:1 within 1 s", arguments);
        }
        Path noRegistry =
                config("registry.url=http://127.0.0.1:1/api", "registry.connectTimeout=2s");
        Launcher.Result waited = kiln.run("topics", "create", "--config", noRegistry.toString());
        assertThat(waited.exitCode()).isEqualTo(1);
        assertThat(waited.err())
                .contains("waiting for the schema registry at http://127.0.0.1:1/api to ")
                .containsPattern("\nkiln: .*registry at http://127.0.0.1:1/api");
        Path noTopics = config("topics.checkpoints=not-created");
        requireFailure("kiln topics create", List.of("watch", "--config", noTopics.toString()));
        Path noFlink = config("flink.restUrl=http://127.0.0.1:1");
        requireFailure(
                "no Flink cluster answers at http://127.0.0.1:1",
                List.of("submit", "masking", "--config", noFlink.toString()));
    }

    @Test
    void aVerbThatWaitsForABrokerSaysSo() throws Exception {
        Path nowhere = config("kafka.bootstrapServers=127.0.0.1:1", "kafka.connectTimeout=4s");
        for (List<String> verb : List.of(List.of("checkpoints", "list"), List.of("ingest", "."))) {
            List<String> arguments = new ArrayList<>(verb);
            arguments.addAll(List.of("--config", nowhere.toString()));
            Launcher.Result run = kiln.run(arguments.toArray(String[]::new));
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err().lines())
                    .hasSize(2)
                    .startsWith("waiting for a broker at 127.0.0.1:1 ...");
        }
    }

    private static void requireFailure(String message, List<String> arguments) throws Exception {
        Launcher.Result run = kiln.run(arguments.toArray(String[]::new));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.complaints()).startsWith("kiln: ").contains(message);
        assertThat(run.complaints().lines()).hasSize(1);
    }

    /** The configuration of a small run on the shared servers. */
    private static Path config(String... more) throws Exception {
        return kiln.configuration(
                List.of(),
                SmallRun.overrides(broker.bootstrapServers(), registry.url(), folder, more));
    }
}
