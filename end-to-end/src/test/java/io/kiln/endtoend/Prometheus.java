package io.kiln.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.local.Ports;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;

/** A real Prometheus, as a child process. */
final class Prometheus implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    private final String address;
    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();

    private Prometheus(String address, Process process) {
        this.address = address;
        this.process = process;
    }

    /** The program that {@code kiln.prometheus} names, if any. */
    static Optional<Path> program() {
        String path = System.getProperty("kiln.prometheus", "");
        return path.isEmpty() ? Optional.empty() : Optional.of(Path.of(path));
    }

    /** Runs promtool, which comes with Prometheus, and returns what it prints. */
    static String promtool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(program().orElseThrow().resolveSibling("promtool").toString());
        command.addAll(List.of(arguments));
        Process promtool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed =
                new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (promtool.waitFor() != 0) {
            throw new AssertionError(command + ":\n" + printed);
        }
        return printed;
    }

    /**
     * Starts Prometheus and waits until it answers.
     *
     * @param folder for its data and its log
     */
    static Prometheus start(Path folder, Path config) throws IOException {
        String address = "127.0.0.1:" + Ports.free(1).get(0);
        Files.createDirectories(folder);
        Process process =
                new ProcessBuilder(
                                program().orElseThrow().toString(),
                                "--config.file=" + config,
                                "--storage.tsdb.path=" + folder.resolve("data"),
                                "--web.listen-address=" + address)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("prometheus.log").toFile())
                        .start();
        Prometheus prometheus = new Prometheus(address, process);
        try {
            Awaitility.await("Prometheus; see " + folder)
                    .atMost(TIMEOUT)
                    .until(() -> process.isAlive() && prometheus.isReady());
            return prometheus;
        } catch (RuntimeException e) {
            prometheus.close();
            throw e;
        }
    }

    private boolean isReady() throws Exception {
        try {
            return get("/-/ready").statusCode() == 200;
        } catch (ConnectException e) {
            return false;
        }
    }

    /** The series that a query gives now, each with its labels and value. */
    JsonNode query(String expression) throws Exception {
        JsonNode answer = answer("query?query=", expression);
        if (!answer.path("status").asText().equals("success")) {
            throw new AssertionError(expression + ": " + answer);
        }
        JsonNode data = answer.path("data");
        return data.path("resultType").asText().equals("scalar")
                ? JSON.createArrayNode().add(data)
                : data.path("result");
    }

    /** The series that a selector chooses. */
    JsonNode series(String selector) throws Exception {
        return answer("series?match[]=", selector).path("data");
    }

    private JsonNode answer(String call, String argument) throws Exception {
        String path = call.replace("[]", "%5B%5D");
        return JSON.readTree(
                get("/api/v1/" + path + URLEncoder.encode(argument, StandardCharsets.UTF_8))
                        .body());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://" + address + path)).build(),
                BodyHandlers.ofString());
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
