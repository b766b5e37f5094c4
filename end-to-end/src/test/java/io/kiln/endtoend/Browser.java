package io.kiln.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** Chromium without a window, led over its DevTools protocol. */
final class Browser implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger last = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();

    /** The program that {@code kiln.chromium} names. */
    static Optional<String> program() {
        return Optional.ofNullable(System.getProperty("kiln.chromium"))
                .filter(name -> !name.isEmpty());
    }

    /**
     * Starts it.
     *
     * @param folder for its files
     */
    Browser(Path folder, int width, int height) throws Exception {
        Path profile = Files.createDirectories(folder.resolve("profile"));
        process =
                new ProcessBuilder(
                                program().orElseThrow(),
                                "--headless",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--hide-scrollbars",
                                "--remote-debugging-port=0",
                                "--user-data-dir=" + profile,
                                "--window-size=" + width + "," + height,
                                "about:blank")
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("chromium.log").toFile())
                        .start();
        try {
            socket = connect(profile.resolve("DevToolsActivePort"));
        } catch (Exception | Error e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private WebSocket connect(Path port) throws Exception {
        List<String> lines =
                Awaitility.await("chromium listens")
                        .atMost(PATIENCE)
                        .ignoreExceptionsInstanceOf(IOException.class)
                        .until(() -> Files.readAllLines(port), found -> found.size() == 2);
        HttpClient client = HttpClient.newHttpClient();
        URI pages = URI.create("http://127.0.0.1:" + lines.get(0) + "/json/list");
        String listed =
                client.send(HttpRequest.newBuilder(pages).build(), BodyHandlers.ofString()).body();
        for (JsonNode page : JSON.readTree(listed)) {
            if (page.path("type").asText().equals("page")) {
                URI target = URI.create(page.path("webSocketDebuggerUrl").asText());
                return client.newWebSocketBuilder().buildAsync(target, new Answers()).get();
            }
        }
        throw new IOException("chromium shows no page: " + listed);
    }

    private final class Answers implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean isLast) {
            text.append(data);
            if (isLast) {
                try {
                    JsonNode message = JSON.readTree(text.toString());
                    CompletableFuture<JsonNode> answer = answers.remove(message.path("id").asInt());
                    if (answer != null) { // else it is an event
                        answer.complete(message);
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                text.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    private JsonNode call(String method, Map<String, Object> parameters) throws Exception {
        int id = last.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", JSON.valueToTree(parameters));
        socket.sendText(message.toString(), true).get();
        JsonNode answered = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (answered.has("error")) {
            throw new IOException(method + ": " + answered.path("error"));
        }
        return answered.path("result");
    }

    /** Shows a page. */
    void open(String url) throws Exception {
        call("Page.navigate", Map.of("url", url));
    }

    /** What an expression gives in the page, as text; empty where it fails. */
    String evaluate(String expression) throws Exception {
        return call("Runtime.evaluate", Map.of("expression", expression))
                .at("/result/value")
                .asText();
    }

    /** Waits until an expression gives true in the page. */
    void awaitTrue(String what, String expression) {
        Awaitility.await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(300))
                .until(() -> evaluate("!!(" + expression + ")").equals("true"));
    }

    /** Waits until the page's text holds some words. */
    void awaitText(String text) throws Exception {
        awaitTrue(text, "document.body.innerText.includes(" + JSON.writeValueAsString(text) + ")");
    }

    /** Writes what is seen as a PNG. */
    void picture(Path file) throws Exception {
        String data = call("Page.captureScreenshot", Map.of("format", "png")).path("data").asText();
        Files.write(file, Base64.getDecoder().decode(data));
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
