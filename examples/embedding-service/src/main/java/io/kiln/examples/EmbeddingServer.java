package io.kiln.examples;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kiln.encoder.Embeddings;
import io.kiln.encoder.EncoderException;
import io.kiln.encoder.EncoderHandle;
import io.kiln.encoder.UnusableImageException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Answers over HTTP what an {@link EncoderHandle} embeds: POST /embed takes the bytes of an image,
 * GET /health says whether an encoder serves, GET /metrics speaks Prometheus. Images beyond the
 * limit are turned away with 503 rather than kept waiting.
 */
final class EmbeddingServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * What the server takes.
     *
     * @param requests to embed that may be under way or wait at a time
     * @param threads that embed at a time
     * @param imageBytes of the largest image
     */
    record Limits(int requests, int threads, int imageBytes) {
        Limits {
            if (requests < 1 || threads < 1 || imageBytes < 1) {
                throw new IllegalArgumentException(
                        "limits: each must be 1 or more, but they are "
                                + List.of(requests, threads, imageBytes));
            }
        }
    }

    /** An answer: a status of HTTP, and an object of JSON. */
    private record Answer(int status, Map<String, ?> body) {
        static Answer problem(int status, String text) {
            return new Answer(status, Map.of("problem", text));
        }
    }

    private static final int STOP_SECONDS = 30;
    private static final String REQUEST_SECONDS = "30"; // until it has arrived
    private static final int MOST_CONNECTIONS = 1000; // that are being served; each holds a thread

    private final EncoderHandle encoders;
    private final Limits limits;
    private final HttpServer server;
    private final ExecutorService connections =
            new ThreadPoolExecutor(
                    0,
                    MOST_CONNECTIONS,
                    60,
                    TimeUnit.SECONDS,
                    new SynchronousQueue<>(),
                    new ThreadPoolExecutor.DiscardPolicy()); // the time limit closes the rest
    private final Semaphore room;
    private final Semaphore embedding;
    private volatile boolean closing;
    private final PrometheusMeterRegistry metrics =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /**
     * Starts to listen.
     *
     * @param address port 0 for any that is free
     * @throws IOException if the port is taken
     */
    EmbeddingServer(EncoderHandle encoders, InetSocketAddress address, Limits limits)
            throws IOException {
        this.encoders = encoders;
        this.limits = limits;
        this.room = new Semaphore(limits.requests());
        this.embedding = new Semaphore(limits.threads(), true);
        limitTime();
        this.server = HttpServer.create(address, 0);
        Gauge.builder("kiln.embedding.version", encoders, handle -> version(handle))
                .description("version that serves; 0 before the first")
                .register(metrics);
        Gauge.builder("kiln.embedding.swaps", encoders, handle -> handle.status().swaps())
                .description("encoders that have taken another's place, the first one included")
                .register(metrics);
        server.createContext("/embed", this::embed);
        server.createContext("/health", exchange -> answer(exchange, "GET", this::health));
        server.createContext("/metrics", this::showMetrics);
        server.setExecutor(connections);
        server.start();
    }

    /**
     * The JDK's server waits forever for the rest of a request by default; it reads this property
     * once in a process.
     */
    private static void limitTime() {
        String property = "sun.net.httpserver.maxReqTime";
        System.setProperty(property, System.getProperty(property, REQUEST_SECONDS));
    }

    private static long version(EncoderHandle encoders) {
        return encoders.status().serving().map(event -> event.getVersion()).orElse(0L);
    }

    InetSocketAddress address() {
        return server.getAddress();
    }

    private interface Handler {
        Answer handle(HttpExchange exchange) throws IOException, InterruptedException;
    }

    private void answer(HttpExchange exchange, String method, Handler handler) throws IOException {
        Timer.Sample time = Timer.start(metrics);
        Answer answer;
        if (!exchange.getRequestMethod().equals(method)) {
            answer = Answer.problem(405, "expected " + method);
        } else {
            try {
                answer = handler.handle(exchange);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                answer = Answer.problem(503, "the service is stopping");
            }
        }
        time.stop(
                metrics.timer(
                        "kiln.embedding.requests",
                        "path",
                        exchange.getHttpContext().getPath(),
                        "status",
                        Integer.toString(answer.status())));
        readAway(exchange.getRequestBody());
        send(exchange, answer.status(), "application/json", JSON.writeValueAsBytes(answer.body()));
    }

    /**
     * Reads what a refusal has left of a body, up to the largest image. The server would close the
     * connection on a client that still sends, and the client would not see the answer.
     */
    private void readAway(InputStream body) throws IOException {
        byte[] buffer = new byte[8192];
        for (int left = limits.imageBytes(); left > 0; ) {
            int read = body.read(buffer);
            if (read < 0) {
                return;
            }
            left -= read;
        }
    }

    /** A request keeps its place until its answer has been sent. */
    private void embed(HttpExchange exchange) throws IOException {
        if (closing || !room.tryAcquire()) {
            exchange.getResponseHeaders().set("Retry-After", "1");
            String why = closing ? "the service is stopping" : "too many requests at a time";
            answer(
                    exchange,
                    "POST",
                    refused -> Answer.problem(503, why + "; try again in a second"));
            return;
        }
        try {
            answer(exchange, "POST", this::embedBody);
        } finally {
            room.release();
        }
    }

    private Answer embedBody(HttpExchange exchange) throws IOException, InterruptedException {
        byte[] image = exchange.getRequestBody().readNBytes(limits.imageBytes() + 1);
        if (image.length > limits.imageBytes()) {
            return Answer.problem(
                    413, "expected an image of at most " + limits.imageBytes() + " bytes");
        }
        embedding.acquire();
        try {
            Embeddings found = encoders.embed(List.of(image));
            Map<String, Object> body = new LinkedHashMap<>();
            body.put("model", found.model());
            body.put("run", found.runId());
            body.put("version", found.version());
            body.put("space", found.space().toString());
            body.put("embedding", found.values().get(0));
            return new Answer(200, body);
        } catch (UnusableImageException e) {
            return Answer.problem(400, String.valueOf(e.getMessage()));
        } catch (EncoderException e) {
            return Answer.problem(503, String.valueOf(e.getMessage()));
        } finally {
            embedding.release();
        }
    }

    private Answer health(HttpExchange exchange) {
        EncoderHandle.Status status = encoders.status();
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("version", version(encoders));
        body.put("swaps", status.swaps());
        status.advice().ifPresent(advice -> body.put("storedEmbeddings", advice.name()));
        status.problem().ifPresent(problem -> body.put("problem", problem));
        return new Answer(status.serving().isPresent() ? 200 : 503, body);
    }

    private void showMetrics(HttpExchange exchange) throws IOException {
        send(
                exchange,
                200,
                "text/plain; version=0.0.4; charset=utf-8",
                metrics.scrape().getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body)
            throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /** Turns new requests away, and waits for those under way. */
    @Override
    public void close() {
        closing = true;
        try {
            // not the server's own delay, which it waits for even if no request is under way
            room.tryAcquire(limits.requests(), STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(0);
        connections.shutdown();
    }
}
