package io.kiln.schemas;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers 500 so many times, then passes requests on to a real registry. */
final class UnwellRegistry implements AutoCloseable {
    private static final byte[] REFUSAL =
            "{\"error_code\":50001,\"message\":\"out of order\"}".getBytes(StandardCharsets.UTF_8);

    private final URI real;
    private final HttpServer server;
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger left;
    private volatile String authorization = "";
    private final AtomicInteger refused = new AtomicInteger();

    private UnwellRegistry(URI real, HttpServer server, int times) {
        this.real = real;
        this.server = server;
        this.left = new AtomicInteger(times);
    }

    static UnwellRegistry before(String url, int times) throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        UnwellRegistry registry = new UnwellRegistry(URI.create(url), server, times);
        server.createContext("/", registry::answer);
        server.start();
        return registry;
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + real.getPath();
    }

    /** The Authorization header of the last request. */
    String authorization() {
        return authorization;
    }

    /** Requests that were answered with 500. */
    int refused() {
        return refused.get();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (left.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                refused.incrementAndGet();
                exchange.sendResponseHeaders(500, REFUSAL.length);
                exchange.getResponseBody().write(REFUSAL);
                return;
            }
            HttpResponse<byte[]> response =
                    client.send(
                            HttpRequest.newBuilder(real.resolve(exchange.getRequestURI()))
                                    .header(
                                            "Content-Type",
                                            "application/vnd.schemaregistry.v1+json")
                                    .method(
                                            exchange.getRequestMethod(),
                                            BodyPublishers.ofByteArray(body))
                                    .build(),
                            BodyHandlers.ofByteArray());
            exchange.sendResponseHeaders(response.statusCode(), response.body().length);
            exchange.getResponseBody().write(response.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
