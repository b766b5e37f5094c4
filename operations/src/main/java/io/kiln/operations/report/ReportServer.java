package io.kiln.operations.report;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kiln.operations.OperationException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Serves a page on this machine alone, made anew when somebody asks and the last one is old. One
 * request after the other.
 */
public final class ReportServer implements AutoCloseable {
    private static final Duration FRESH = Duration.ofSeconds(5);

    /** Names that a browser on this machine may use; others would let foreign pages in. */
    private static final Set<String> HOSTS = Set.of("127.0.0.1", "localhost", "[::1]");

    private final HttpServer server;
    private final Supplier<String> page;
    private byte[] last = {};
    private long lastNanos;

    private ReportServer(HttpServer server, Supplier<String> page) {
        this.server = server;
        this.page = page;
    }

    /**
     * Starts to serve.
     *
     * @param port on the loopback address; 0 for a free one
     * @param page makes the page; its exceptions become its answer
     * @throws OperationException if the port is in use
     */
    public static ReportServer start(int port, Supplier<String> page) {
        try {
            InetAddress here = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            HttpServer http = HttpServer.create(new InetSocketAddress(here, port), 0);
            ReportServer server = new ReportServer(http, page);
            http.createContext("/", server::answer);
            http.start();
            return server;
        } catch (BindException e) {
            throw new OperationException(
                    "--port " + port + ": is in use; expected a free port, or 0 for any", e);
        } catch (IOException e) {
            throw new OperationException("the page cannot be served: " + e.getMessage(), e);
        }
    }

    /** Where the page is. */
    public URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String host = String.valueOf(exchange.getRequestHeaders().getFirst("Host"));
            if (!HOSTS.contains(host.replaceFirst(":\\d+$", ""))) {
                send(exchange, 403, "text/plain", "expected the host 127.0.0.1 or localhost\n");
            } else if (!exchange.getRequestURI().getPath().equals("/")) {
                send(exchange, 404, "text/plain", "the report is at /\n");
            } else if (!Set.of("GET", "HEAD").contains(exchange.getRequestMethod())) {
                send(exchange, 405, "text/plain", "expected GET\n");
            } else {
                send(exchange);
            }
        }
    }

    private void send(HttpExchange exchange) throws IOException {
        try {
            if (last.length == 0 || System.nanoTime() - lastNanos > FRESH.toNanos()) {
                last = page.get().getBytes(StandardCharsets.UTF_8);
                lastNanos = System.nanoTime();
            }
        } catch (RuntimeException e) {
            exchange.getResponseHeaders().set("Refresh", Long.toString(FRESH.toSeconds()));
            send(exchange, 503, "text/plain", "the report cannot be read now: " + e.getMessage());
            return;
        }
        send(exchange, 200, "text/html", last);
    }

    private static void send(HttpExchange exchange, int status, String type, String text)
            throws IOException {
        send(exchange, status, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body)
            throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
