package io.kiln.operations.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kiln.config.ConfigKeys;
import io.kiln.config.FolderUri;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Upgrades against a server that answers as a cluster does that refuses the new program. */
@Timeout(60)
class JobUpgradeTest {
    private static final String JARS = "training/kiln/run-1/jars/";

    /** What the cluster says each time, in JSON. */
    private static final Map<String, String> ANSWERS =
            Map.of(
                    "GET /jobs/overview",
                    """
                    {"jobs": [{"jid": "old", "name": "kiln training kiln/run-1", "state": "RUNNING"}]}""",
                    "POST /jobs/old/stop",
                    """
                    {"request-id": "1"}""",
                    "GET /jobs/old/savepoints/1",
                    """
                    {"status": {"id": "COMPLETED"}, "operation": {"location": "file:/savepoint"}}""",
                    "GET /jobs/old",
                    """
                    {"state": "FINISHED"}""",
                    "POST /jars/upload",
                    """
                    {"filename": "/uploads/a.jar"}""",
                    "POST /jars/a.jar/run",
                    """
                    {"jobid": "again"}""",
                    "GET /jobs/again",
                    """
                    {"state": "RUNNING", "vertices": [{"parallelism": 1, "tasks": {"RUNNING": 1}}]}""",
                    "GET /jobs/again/checkpoints/config",
                    """
                    {"interval": 1000, "timeout": 1000}""",
                    "GET /jobs/again/checkpoints",
                    """
                    {"latest": {"completed": {"id": 1}}}""");

    @TempDir Path folder;

    private final ObjectNode shown = Json.MAPPER.createObjectNode();
    private final List<String> uploads = new CopyOnWriteArrayList<>();
    private final List<JsonNode> runs = new CopyOnWriteArrayList<>();
    private volatile boolean stopped;
    private HttpServer flink;

    @BeforeEach
    void start() throws IOException {
        flink = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        flink.createContext("/", this::answer);
        flink.start();
    }

    @AfterEach
    void stop() {
        flink.stop(0);
    }

    @Test
    void goesBackToAProgramThatKnowsOtherKeysWithExactlyThose() throws Exception {
        KilnConfig before = config("before", "kafka.properties={sasl.jaas.config: then}");
        ConfigKeys.of(before).forEach(key -> shown.put(key.path(), key.value()));
        shown.remove("training.gemm");
        shown.put("training.forgotten", "[1, 2]");
        shown.put("training.threads", "-7");
        Path kept = folder.resolve("before").resolve(JARS);
        Files.createDirectories(kept);
        Files.writeString(kept.resolve("old.jar"), "the old program");

        upgradeInVain(
                config("now", "kafka.properties={sasl.jaas.config: now}"),
                "the new training job did not come up",
                "training.forgotten: missing",
                "The previous job runs again, as job again");

        assertThat(uploads.get(1)).contains("the old program");
        assertThat(runs.get(1).path("savepointPath").asText()).isEqualTo("file:/savepoint");
        assertThat(configuration(0)).contains("  gemm: ").contains("sasl.jaas.config\": \"now");
        assertThat(configuration(1))
                .contains("  forgotten: [1, 2]\n", "  threads: -7\n", "  maskRatio: 0.6\n")
                .contains("sasl.jaas.config\": \"now")
                .containsOnlyOnce("\ntraining:\n")
                .doesNotContain("gemm");
        assertThat(kept.resolve("again.jar")).hasContent("the old program");
    }

    @Test
    void saysThatItCannotGoBackToAProgramThatWasNotKept() throws Exception {
        ConfigKeys.of(config("before")).forEach(key -> shown.put(key.path(), key.value()));
        upgradeInVain(config("now"), "The previous program was not kept", "--from file:/savepoint");
        assertThat(runs).hasSize(1);
    }

    @Test
    void goesBackWithTodaysSecretsAndWhatWasShownBesideThem() throws Exception {
        KilnConfig before =
                config(
                        "before",
                        "registry.url=http://u:p@h:1/",
                        "kafka.properties={security.protocol: SASL_SSL, sasl.jaas.config: then,"
                                + " ssl.key.password: gone}");
        ConfigKeys.of(before).forEach(key -> shown.put(key.path(), key.value()));
        Path kept = Files.createDirectories(folder.resolve("before").resolve(JARS));
        Files.writeString(kept.resolve("old.jar"), "the old program");

        KilnConfig now =
                config(
                        "now",
                        "registry.url=http://u:p@h:1/",
                        "kafka.properties={security.protocol: PLAINTEXT, sasl.jaas.config: now}");
        upgradeInVain(now, "The previous job runs again, as job again");

        assertThat(configuration(1)).contains("url: \"http://u:p@h:1/\"\n");
        KilnConfig again = KilnConfig.parse(configuration(1), List.of());
        assertThat(again.kafka().properties())
                .isEqualTo(Map.of("security.protocol", "SASL_SSL", "sasl.jaas.config", "now"));
    }

    @Test
    void goesBackToAnotherRegistryWithTodaysLogin() {
        HiddenSecrets secrets = new HiddenSecrets(config("now", "registry.url=http://u:p@new:1/"));
        assertThat(secrets.restore("registry.url", "\"http://old:2/r\""))
                .isEqualTo("\"http://u:p@old:2/r\"");
    }

    private void upgradeInVain(KilnConfig now, String... messages) throws IOException {
        Path jar = Files.writeString(folder.resolve("new.jar"), "the new program");
        JobUpgrade upgrade = new JobUpgrade(now, KilnJob.TRAINING, jar, text -> {}, text -> {});
        assertThatThrownBy(upgrade::run)
                .isInstanceOf(OperationException.class)
                .hasMessageContainingAll(messages);
    }

    private KilnConfig config(String directory, String... more) {
        List<String> overrides = new ArrayList<>(List.of(more));
        overrides.add("flink.restUrl=http://127.0.0.1:" + flink.getAddress().getPort());
        overrides.add("flink.checkpointDirectory=" + FolderUri.of(folder.resolve(directory)));
        return KilnConfig.parse("", overrides);
    }

    private String configuration(int run) {
        return runs.get(run).path("programArgsList").path(1).asText();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String request = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
        String answer = ANSWERS.getOrDefault(request, "{}");
        boolean refused = false;
        switch (request) {
            case "POST /jobs/old/stop" -> stopped = true;
            case "POST /jars/upload" -> uploads.add(body);
            case "POST /jars/a.jar/run" -> {
                refused = runs.isEmpty();
                runs.add(Json.MAPPER.readTree(body));
            }
            default -> {}
        }
        if (request.equals("GET /jobs/overview")) {
            answer = answer.replace("RUNNING", stopped ? "FINISHED" : "RUNNING");
        }
        if (request.equals("GET /jobs/old/config")) {
            answer = "{\"execution-config\": {\"user-config\": " + shown + "}}";
        }
        if (refused) {
            answer = "{\"errors\": [\"training.forgotten: missing\"]}";
        }
        byte[] text = answer.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(refused ? 400 : 200, text.length);
        exchange.getResponseBody().write(text);
        exchange.close();
    }
}
