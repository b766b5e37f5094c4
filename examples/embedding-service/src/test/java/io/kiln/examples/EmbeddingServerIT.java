package io.kiln.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.encoder.EncoderHandle;
import io.kiln.encoder.TestEncoders;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.TestServers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service over HTTP, on a real broker, a real registry and real encoders. */
@Timeout(300)
class EmbeddingServerIT {
    private static final int LARGEST = 100_000;
    private static final int REQUESTS = 2;
    private static final int BODY = 1000;

    static {
        System.setProperty("sun.net.httpserver.maxReqTime", "15"); // before the JDK's server loads
    }

    private final SchemaRegistry registry = TestServers.registry();
    private final String topic = TestServers.unique("checkpoints");
    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir Path folder;

    private EncoderHandle encoders;
    private EmbeddingServer server;

    @BeforeEach
    void start() throws Exception {
        TestEncoders.createTopic(topic);
        encoders =
                EncoderHandle.follow(
                        TestServers.kafka(), registry, topic, "tiny", folder.resolve("cache"));
        server =
                new EmbeddingServer(
                        encoders,
                        new InetSocketAddress("127.0.0.1", 0),
                        new EmbeddingServer.Limits(REQUESTS, 1, LARGEST));
    }

    @AfterEach
    void stop() {
        server.close();
        encoders.close();
    }

    private void announce(long version) throws Exception {
        TestEncoders.send(topic, TestEncoders.write(folder, "tiny", version));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.address().getPort() + path));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(request(path).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> embed(byte[] image) throws Exception {
        return client.send(
                request("/embed").POST(BodyPublishers.ofByteArray(image)).build(),
                BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) throws Exception {
        return new ObjectMapper().readTree(response.body());
    }

    private void awaitVersion(long version) throws Exception {
        while (json(get("/health")).path("version").asLong() != version) {
            Thread.sleep(50); // the test's time-out ends it
        }
    }

    @Test
    void pictureBecomesTheEmbeddingOfTheVersionThatServes() throws Exception {
        byte[] image = TestEncoders.png(64, 64, 1);
        assertThat(get("/health").statusCode()).isEqualTo(503);
        assertThat(embed(image).statusCode()).isEqualTo(503);
        for (long version : List.of(1L, 2L)) {
            announce(version);
            awaitVersion(version);
            HttpResponse<String> answer = embed(image);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            JsonNode found = json(answer);
            assertThat(found.path("model").asText()).isEqualTo("tiny");
            assertThat(found.path("version").asLong()).isEqualTo(version);
            assertThat(found.path("embedding")).hasSize(TestEncoders.EMBEDDING);
            float[] expected = encoders.embed(List.of(image)).values().get(0);
            for (int i = 0; i < expected.length; i++) {
                assertThat(found.path("embedding").get(i).floatValue()).isEqualTo(expected[i]);
            }
        }
        assertThat(get("/health").statusCode()).isEqualTo(200);
        assertThat(get("/metrics").body())
                .contains("kiln_embedding_version 2.0", "kiln_embedding_swaps 2.0")
                .contains(
                        "kiln_embedding_requests_seconds_count{path=\"/embed\",status=\"200\"} 2");
    }

    @Test
    void badRequestIsAnsweredWithWhatWasExpected() throws Exception {
        announce(1);
        encoders.await(Duration.ofMinutes(1));
        HttpResponse<String> noImage = embed(new byte[] {1, 2, 3});
        assertThat(noImage.statusCode()).isEqualTo(400);
        assertThat(json(noImage).path("problem").asText()).isNotBlank();
        HttpResponse<String> large = embed(new byte[2 * LARGEST]);
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(json(large).path("problem").asText()).contains("at most 100000 bytes");
        assertThat(get("/embed").statusCode()).isEqualTo(405);
        assertThat(get("/nowhere").statusCode()).isEqualTo(404);
    }

    @Test
    void requestsBeyondTheLimitAreTurnedAwayAndThoseUnderWayEnd() throws Exception {
        announce(1);
        encoders.await(Duration.ofMinutes(1));
        byte[] image = TestEncoders.png(180, 180, 2);
        assertThat(image.length)
                .as("the image is beyond what the JDK's server reads by itself of a refused one")
                .isBetween(80_000, LARGEST);
        for (int round = 0; round < 3; round++) {
            assertThat(statusesAtOnce(100, image)).containsOnly(200, 503).contains(200, 503);
            assertThat(embed(image).statusCode()).as("afterwards").isEqualTo(200);
        }
    }

    @Test
    void clientsThatStopSendingHoldUpOthersForTheTimeOfARequestAtMost() throws Exception {
        announce(1);
        encoders.await(Duration.ofMinutes(1));
        byte[] image = TestEncoders.png(64, 64, 3);
        List<Socket> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < REQUESTS; i++) {
                stalled.add(halfSentPost());
            }
            while (embed(image).statusCode() != 503) {
                Thread.sleep(50); // until the server has read the headers of both
            }
            assertThat(get("/health").statusCode()).isEqualTo(200);
            while (embed(image).statusCode() != 200) {
                Thread.sleep(50); // the test's time-out ends it
            }
        } finally {
            for (Socket socket : stalled) {
                socket.close();
            }
        }
    }

    @Test
    void aServiceThatStopsAnswersWhatIsUnderWayAndTurnsAwayWhatComes() throws Exception {
        announce(1);
        encoders.await(Duration.ofMinutes(1));
        byte[] image = TestEncoders.png(64, 64, 4);
        try (Socket first = halfSentPost();
                Socket second = halfSentPost()) {
            awaitRefusal(image, "too many requests");
            Thread stopping = new Thread(server::close);
            stopping.start();
            awaitRefusal(image, "stopping");
            assertThat(answerOf(first)).startsWith("HTTP/1.1 400 ").contains("problem");
            awaitRefusal(image, "stopping"); // although there is room
            assertThat(answerOf(second)).startsWith("HTTP/1.1 400 ").contains("problem");
            stopping.join();
        }
    }

    private void awaitRefusal(byte[] image, String problem) throws Exception {
        HttpResponse<String> answer;
        do {
            answer = embed(image);
        } while (!json(answer).path("problem").asText().contains(problem)); // until the time-out
        assertThat(answer.statusCode()).isEqualTo(503);
    }

    /** Sends the rest of a body that is no image, and reads the answer. */
    private static String answerOf(Socket socket) throws IOException {
        socket.getOutputStream().write(new byte[BODY - 5]);
        byte[] answer = new byte[10_000];
        int length = 0;
        int read;
        do {
            read = socket.getInputStream().read(answer, length, answer.length - length);
            length += Math.max(0, read);
        } while (read >= 0 && !text(answer, length).endsWith("}"));
        return text(answer, length);
    }

    private static String text(byte[] bytes, int length) {
        return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    }

    private Socket halfSentPost() throws IOException {
        Socket socket = new Socket("127.0.0.1", server.address().getPort());
        String head = "POST /embed HTTP/1.1\r\nHost: a\r\nContent-Length: " + BODY + "\r\n\r\n";
        socket.getOutputStream().write((head + "12345").getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private List<Integer> statusesAtOnce(int count, byte[] image) throws Exception {
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            answers.add(
                    client.sendAsync(
                            request("/embed").POST(BodyPublishers.ofByteArray(image)).build(),
                            BodyHandlers.ofString()));
        }
        List<Integer> statuses = new ArrayList<>();
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            HttpResponse<String> response = answer.get();
            statuses.add(response.statusCode());
            if (response.statusCode() == 503) {
                assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
            }
        }
        return statuses;
    }
}
