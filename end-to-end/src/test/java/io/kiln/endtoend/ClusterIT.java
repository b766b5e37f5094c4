package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.kiln.images.TestImages;
import io.kiln.local.ListeningSockets;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kiln cluster}: a cluster of processes, from its start to its end. */
class ClusterIT {
    private static final String PASSWORD = "open-sesame-7351";

    @TempDir private Path folder;

    private Launcher kiln;

    @BeforeEach
    void launcher() {
        kiln = new Launcher(folder);
    }

    @Test
    void aClusterRunsAPipelineUntilItIsStopped() throws Exception {
        Path directory = folder.resolve("ein Cluster, für 图像");
        String cluster = directory.toString();
        assertThat(kiln.run("cluster", "status", "--dir", cluster).exitCode()).isEqualTo(1);
        JsonNode started =
                json(
                        "cluster",
                        "start",
                        "--dir",
                        cluster,
                        "--task-managers",
                        "1",
                        "--slots",
                        "3",
                        "--broker-port",
                        "0",
                        "--registry-port",
                        "0",
                        "--flink-port",
                        "0",
                        "--json");
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
            requireMetrics(directory);
            requireLoopbackOnly(supervisor);
            requireNoTrace(directory, started);
            requireAFailureIsTold(started);
            requireWhatEndsIsStartedAgain(directory, supervisor);
        } finally {
            assertThat(kiln.ok("cluster", "stop", "--dir", cluster)).contains("stopped");
        }
        assertThat(ProcessHandle.of(started.path("pid").asLong())).isEmpty();
        assertThat(kiln.run("cluster", "status", "--dir", cluster).exitCode()).isEqualTo(1);
        requireAddressesAndSettingsAreKept(directory, started);
    }

    private void requireAddressesAndSettingsAreKept(Path directory, JsonNode before)
            throws Exception {
        String cluster = directory.toString();
        Path settings = Path.of(before.path("config").asText());
        int port = URI.create(before.path("flink").asText()).getPort();
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            Launcher.Result refused = kiln.run("cluster", "start", "--dir", cluster);
            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.err())
                    .contains("port " + taken.getLocalPort() + ", which the cluster had before,")
                    .contains("--flink-port");
        }
        String own =
                Files.readString(settings)
                        .replace(before.path("registry").asText(), "http://other:8085");
        Files.writeString(settings, own);
        Launcher.Result started =
                kiln.run("cluster", "start", "--dir", cluster, "--task-managers", "1", "--json");
        try {
            assertThat(started.exitCode()).as(started.err()).isZero();
            ObjectNode after = (ObjectNode) new ObjectMapper().readTree(started.out());
            after.set("pid", before.path("pid"));
            assertThat(after).isEqualTo(before);
            assertThat(settings).hasContent(own);
            assertThat(started.err())
                    .contains("registry.url is http://other:8085, but this cluster's is ");
        } finally {
            kiln.ok("cluster", "stop", "--dir", cluster);
        }
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

    /** Prometheus is told where the metrics are, and finds them there. */
    private static void requireMetrics(Path directory) throws Exception {
        Path file = directory.resolve("prometheus.yml");
        if (Prometheus.program().isPresent()) {
            assertThat(Prometheus.promtool("check", "config", file.toString())).contains("SUCCESS");
        }
        JsonNode config = new YAMLMapper().readTree(file.toFile());
        assertThat(Path.of(config.at("/rule_files/0").asText())).isRegularFile();
        Path targets = Path.of(config.at("/scrape_configs/0/file_sd_configs/0/files/0").asText());
        List<String> instances = new ArrayList<>();
        for (JsonNode target : new ObjectMapper().readTree(targets.toFile())) {
            URI address = URI.create("http://" + target.at("/targets/0").asText() + "/metrics");
            try (InputStream metrics = address.toURL().openStream()) {
                assertThat(new String(metrics.readAllBytes(), StandardCharsets.UTF_8))
                        .contains("job_name=\"kiln training kiln/run-1\"");
            }
            instances.add(target.at("/labels/instance").asText());
        }
        assertThat(instances).containsExactly("job-manager", "task-manager-1");
    }

    /** The password that the jobs were submitted with stands in their configuration file alone. */
    private static void requireNoTrace(Path directory, JsonNode cluster) throws Exception {
        LeakSearch search = new LeakSearch(List.of(PASSWORD));
        search.files(directory, file -> true);
        search.flink(new FlinkJobs(cluster.path("flink").asText()));
        search.processes();
        search.requireNothing();
    }

    private void requireAFailureIsTold(JsonNode cluster) throws Exception {
        String noTopic =
                clusterConfig(cluster, "training.runId=other", "topics.sparseBatches=not-created")
                        .toString();
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

    private void requireWhatEndsIsStartedAgain(Path directory, ProcessHandle supervisor)
            throws Exception {
        List<ProcessHandle> parts = supervisor.children().toList();
        assertThat(parts).as("broker, registry, job manager, task manager").hasSize(4);
        parts.forEach(ProcessHandle::destroyForcibly);
        FlinkJobs.await(
                "the death of all parts to be told",
                () -> Optional.of(status(directory)).filter(run -> run.exitCode() == 1));
        FlinkJobs.await(
                "all parts to be started again",
                () -> Optional.of(status(directory)).filter(run -> run.exitCode() == 0));
        List<String> again =
                Files.readAllLines(directory.resolve("supervisor.log")).stream()
                        .filter(line -> line.contains("started again: "))
                        .toList();
        assertThat(String.join(", ", again)) // in one line, or more if one part took longer to end
                .contains("the Kafka broker", "the schema registry", "the job manager");
    }

    private Launcher.Result status(Path directory) throws Exception {
        return kiln.run("cluster", "status", "--dir", directory.toString());
    }

    private void topicsIngestSubmitWatchAndAudit(JsonNode cluster) throws Exception {
        String config = clusterConfig(cluster).toString();
        assertThat(kiln.ok("topics", "create", "--config", config).lines())
                .filteredOn(line -> line.endsWith("created"))
                .hasSize(7);
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

    /** The configuration that a cluster wrote, with the settings of a small run. */
    private Path clusterConfig(JsonNode cluster, String... more) throws Exception {
        List<String> overrides =
                SmallRun.overrides(
                        cluster.path("bootstrapServers").asText(),
                        cluster.path("registry").asText(),
                        folder,
                        more);
        overrides.add("checkpoints.artifacts=" + folder.resolve("artifacts, der Bücher 图"));
        overrides.add("flink.checkpointDirectory=" + folder.resolve("checkpoints, der Bücher 图"));
        Path file =
                kiln.configuration(List.of("--config", cluster.path("config").asText()), overrides);
        String login = "x.PlainLoginModule required password=\"" + PASSWORD + "\";";
        String properties = "{sasl.jaas.config: " + new TextNode(login) + "}";
        String text = Files.readString(file);
        assertThat(text).contains("properties: {}", "url: \"http://");
        return Files.writeString(
                file,
                text.replaceFirst(
                                Pattern.quote("properties: {}"),
                                Matcher.quoteReplacement("properties: " + properties))
                        .replace("url: \"http://", "url: \"http://kiln:" + PASSWORD + "@"));
    }

    private JsonNode json(String... arguments) throws Exception {
        return new ObjectMapper().readTree(kiln.ok(arguments));
    }
}
