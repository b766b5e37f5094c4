package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import io.kiln.images.TestImages;
import io.kiln.local.ListeningSockets;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.SchemaRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs the verbs as the guide describes. */
@ExtendWith(SharedServers.class)
class VerbsIT {
    private static final String PASSWORD = "open-sesame-7351";

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
    void aClusterRunsAPipelineUntilItIsStopped() throws Exception {
        Path directory = folder.resolve("ein Cluster, für 图像");
        String cluster = directory.toString();
        assertThat(kiln.run("cluster", "status", "--dir", cluster).exitCode()).isEqualTo(1);
        JsonNode started =
                json("cluster", "start", "--dir", cluster, "--task-managers", "1", "--json");
        try {
            assertThat(json("cluster", "status", "--dir", cluster, "--json")).isEqualTo(started);
            Launcher.Result again = kiln.run("cluster", "start", "--dir", cluster);
            assertThat(again.exitCode()).isEqualTo(1);
            assertThat(again.err()).contains("already");
            ProcessHandle supervisor = ProcessHandle.of(started.path("pid").asLong()).orElseThrow();
            assertThat(session(supervisor)).as("a session of its own").isEqualTo(supervisor.pid());
            topicsIngestSubmitWatchAndAudit(started);
            assertThat(folder.resolve("artifacts, der Bücher 图")).isNotEmptyDirectory();
            assertThat(folder.resolve("checkpoints, der Bücher 图")).isNotEmptyDirectory();
            requireLoopbackOnly(supervisor);
            requireNoTrace(directory, started);
            requireAFailureIsTold(started);
            requireADeathIsTold(directory, supervisor);
        } finally {
            assertThat(ok("cluster", "stop", "--dir", cluster)).contains("stopped");
        }
        assertThat(ProcessHandle.of(started.path("pid").asLong())).isEmpty();
        assertThat(kiln.run("cluster", "status", "--dir", cluster).exitCode()).isEqualTo(1);
    }

    /** The session of a process: the sixth field of its stat, the name in brackets left out. */
    private static long session(ProcessHandle process) throws Exception {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3]);
    }

    private static void requireLoopbackOnly(ProcessHandle supervisor) throws Exception {
        assertThat(ListeningSockets.of(supervisor))
                .as("broker, controller, registry, Flink's REST, RPC, blob and data ports")
                .hasSizeGreaterThanOrEqualTo(8)
                .allMatch(ListeningSockets.Socket::isLoopback);
    }

    /** The passwords that the jobs were submitted with stand in their configuration file alone. */
    private static void requireNoTrace(Path directory, JsonNode cluster) throws Exception {
        List<String> places = new ArrayList<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                places.add(file + " " + Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
            places.add(process.info().commandLine().orElse(""));
        }
        FlinkJobs flink = new FlinkJobs(cluster.path("flink").asText());
        places.add(flink.get("/jobmanager/config").toString());
        places.add(flink.get("/jobmanager/environment").toString());
        for (JsonNode job : flink.get("/jobs").path("jobs")) {
            for (String part :
                    List.of("", "/config", "/plan", "/exceptions", "/jobmanager/config")) {
                places.add(flink.get("/jobs/" + job.path("id").asText() + part).toString());
            }
        }
        assertThat(places).hasSizeGreaterThan(50).noneMatch(place -> place.contains(PASSWORD));
        assertThat(flink.get("/jars").path("files")).as("uploaded jars").isEmpty();
    }

    private static void requireAFailureIsTold(JsonNode cluster) throws Exception {
        String noTopic = clusterConfig(cluster, "topics.sparseBatches=not-created").toString();
        Launcher.Result refused = kiln.run("submit", "training", "--config", noTopic);
        assertThat(refused.exitCode()).as(refused.out()).isEqualTo(1);
        assertThat(refused.err()).contains("lacks a topic", "kiln topics create");
        String noWeights =
                clusterConfig(
                                cluster,
                                "training.runId=other",
                                "training.init.weights=/nowhere.safetensors")
                        .toString();
        Launcher.Result failed = kiln.run("submit", "training", "--config", noWeights);
        assertThat(failed.exitCode()).as(failed.out()).isEqualTo(1);
        assertThat(failed.err())
                .contains("has failed: ", "training.init.weights: /nowhere.safetensors")
                .doesNotContain("\tat ");
        Launcher.Result detached =
                kiln.run("submit", "training", "--detach", "--config", noWeights);
        assertThat(detached.exitCode()).as(detached.err()).isZero();
    }

    private static void requireADeathIsTold(Path directory, ProcessHandle supervisor)
            throws Exception {
        supervisor
                .children()
                .filter(p -> p.info().commandLine().orElse("").contains("TaskManagerRunner"))
                .forEach(ProcessHandle::destroyForcibly);
        Launcher.Result status =
                FlinkJobs.await(
                        "the death of the task manager to be noticed",
                        () ->
                                Optional.of(
                                                kiln.run(
                                                        "cluster",
                                                        "status",
                                                        "--dir",
                                                        directory.toString()))
                                        .filter(run -> run.exitCode() == 1));
        assertThat(status.err()).contains("0 of 1 task managers are registered");
    }

    private static void topicsIngestSubmitWatchAndAudit(JsonNode cluster) throws Exception {
        String config = clusterConfig(cluster).toString();
        assertThat(ok("topics", "create", "--config", config).lines())
                .filteredOn(line -> line.endsWith("created"))
                .hasSize(5);
        Path pictures = folder.resolve("pictures");
        TestImages.writeJpegs(pictures, 12);
        Files.writeString(pictures.resolve("note.txt"), "not a picture");
        JsonNode sent = json("ingest", "--json", "--config", config, pictures.toString());
        assertThat(sent.path("sent").asInt()).isEqualTo(12);
        assertThat(sent.path("refused").asInt()).isEqualTo(1);
        for (String job : List.of("masking", "training")) {
            JsonNode submitted = json("submit", job, "--json", "--config", config);
            assertThat(submitted.path("job").asText()).hasSize(32);
        }
        JsonNode event =
                json("watch", "--json", "--from-beginning", "--count", "1", "--config", config);
        assertThat(event.path("model").asText()).isEqualTo("kiln");
        assertThat(event.path("files")).isNotEmpty();
        JsonNode audit = json("audit", "--json", "--config", config);
        assertThat(audit.path("clean").asBoolean()).isTrue();
        assertThat(audit.path("images").asInt()).isEqualTo(12);
    }

    @Test
    void aListOfPathsOnStandardInputAndRefusalsUnderStrict() throws Exception {
        Path config = config("topics.images=listed", "topics.deadLetters=listed.dlq");
        ok("topics", "create", "--config", config.toString());
        Path note = Files.writeString(folder.resolve("note.txt"), "not a picture");
        Launcher.Result lenient =
                kiln.run("ingest", "--config", config.toString(), note.toString());
        assertThat(lenient.exitCode()).as("nothing was sent").isEqualTo(1);
        assertThat(lenient.out()).contains("sent 0 images").contains("note.txt");
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
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).contains("taken-value").contains("ImageRecord.imageId");
    }

    @Test
    void whatIsNotThereIsNamedWithItsAddress() throws Exception {
        Path nowhere = config("kafka.bootstrapServers=127.0.0.1:1", "kafka.connectTimeout=2s");
        for (List<String> verb :
                List.of(
                        List.of("watch"),
                        List.of("audit"),
                        List.of("topics", "create"),
                        List.of("ingest", "."))) {
            List<String> arguments = new ArrayList<>(verb);
            arguments.addAll(List.of("--config", nowhere.toString()));
            requireFailure("no Kafka broker answered at 127.0.0.1:1 within 2 s", arguments);
        }
        Path noRegistry =
                config("registry.url=http://127.0.0.1:1/api", "registry.connectTimeout=2s");
        requireFailure(
                "registry at http://127.0.0.1:1/api",
                List.of("topics", "create", "--config", noRegistry.toString()));
        Path noTopics = config("topics.checkpoints=not-created");
        requireFailure("kiln topics create", List.of("watch", "--config", noTopics.toString()));
        Path noFlink = config("flink.restUrl=http://127.0.0.1:1");
        requireFailure(
                "no Flink cluster answers at http://127.0.0.1:1",
                List.of("submit", "masking", "--config", noFlink.toString()));
    }

    private static void requireFailure(String message, List<String> arguments) throws Exception {
        Launcher.Result run = kiln.run(arguments.toArray(String[]::new));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).startsWith("kiln: ").contains(message);
        assertThat(run.err().lines()).hasSize(1);
    }

    /** The configuration that a cluster wrote, with the settings of a small run. */
    private static Path clusterConfig(JsonNode cluster, String... more) throws Exception {
        List<String> overrides =
                SmallRun.overrides(
                        cluster.path("bootstrapServers").asText(),
                        cluster.path("registry").asText(),
                        folder,
                        more);
        overrides.add("checkpoints.artifacts=" + folder.resolve("artifacts, der Bücher 图"));
        overrides.add("flink.checkpointDirectory=" + folder.resolve("checkpoints, der Bücher 图"));
        Path file = yaml(List.of("--config", cluster.path("config").asText()), overrides);
        String login = "x.PlainLoginModule required password=\"" + PASSWORD + "\";";
        String properties = "{sasl.jaas.config: " + new TextNode(login) + "}";
        String text = Files.readString(file);
        assertThat(text).contains("properties: {}", "url: \"http://");
        return Files.writeString(
                file,
                text.replace("properties: {}", "properties: " + properties)
                        .replace("url: \"http://", "url: \"http://kiln:" + PASSWORD + "@"));
    }

    /** The configuration of a small run on the shared servers. */
    private static Path config(String... more) throws Exception {
        return yaml(
                List.of(),
                SmallRun.overrides(broker.bootstrapServers(), registry.url(), folder, more));
    }

    /** Writes a configuration file with kiln config. */
    private static Path yaml(List<String> options, List<String> overrides) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("config", "--yaml"));
        arguments.addAll(options);
        for (String override : overrides) {
            arguments.addAll(List.of("--set", override));
        }
        Path file = Files.createTempFile(folder, "kiln", ".yaml");
        return Files.writeString(file, ok(arguments.toArray(String[]::new)));
    }

    private static String ok(String... arguments) throws Exception {
        Launcher.Result run = kiln.run(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out();
    }

    private static JsonNode json(String... arguments) throws Exception {
        return new ObjectMapper().readTree(ok(arguments));
    }
}
