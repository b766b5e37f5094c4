package io.kiln.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kiln.ingest.IngestException;
import io.kiln.ingest.IngestListener;
import io.kiln.ingest.IngestProgress;
import io.kiln.ingest.Refusal;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Shows Prometheus what a run of ingest has sent and refused, on this machine alone, until it is
 * closed.
 */
final class IngestMetrics implements IngestListener, AutoCloseable {
    private final IngestListener next;
    private final @Nullable HttpServer server;
    private final Map<Refusal.Reason, AtomicLong> refusals = new EnumMap<>(Refusal.Reason.class);
    private volatile IngestProgress last = new IngestProgress(0, 0, 0, 0, 0, 0);
    private volatile double lastSent;

    private IngestMetrics(@Nullable HttpServer server, IngestListener next) {
        this.server = server;
        this.next = next;
        for (Refusal.Reason reason : Refusal.Reason.values()) {
            refusals.put(reason, new AtomicLong());
        }
    }

    /**
     * Begins to show.
     *
     * @param port on the loopback address, 0 for a free one; null to show nothing
     * @param next hears of everything too
     * @throws IngestException if the port is in use
     */
    static IngestMetrics on(@Nullable Integer port, IngestListener next) {
        if (port == null) {
            return new IngestMetrics(null, next);
        }
        try {
            InetAddress here = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            HttpServer server = HttpServer.create(new InetSocketAddress(here, port), 0);
            IngestMetrics metrics = new IngestMetrics(server, next);
            server.createContext("/metrics", metrics::answer);
            server.start();
            return metrics;
        } catch (IOException e) {
            throw new IngestException(
                    "--metrics-port "
                            + port
                            + ": "
                            + e.getMessage()
                            + "; expected a free port, or 0 for any",
                    e);
        }
    }

    /** The port that is listened on; 0 if nothing is shown. */
    int port() {
        return server == null ? 0 : server.getAddress().getPort();
    }

    @Override
    public void progress(IngestProgress progress) {
        if (progress.sent() > last.sent()) {
            lastSent = System.currentTimeMillis() / 1e3;
        }
        last = progress;
        next.progress(progress);
    }

    @Override
    public void refused(Refusal refusal) {
        AtomicLong count = refusals.get(refusal.reason());
        if (count != null) {
            count.incrementAndGet();
        }
        next.refused(refusal);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = text().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
            exchange.sendResponseHeaders(200, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    /** In the text format of Prometheus. */
    String text() {
        IngestProgress shown = last;
        StringBuilder text = new StringBuilder();
        for (IngestMetric metric : IngestMetric.values()) {
            text.append("# HELP ").append(metric.key()).append(' ').append(metric.about());
            text.append("\n# TYPE ")
                    .append(metric.key())
                    .append(' ')
                    .append(metric.type())
                    .append('\n');
            switch (metric) {
                case SENT -> line(text, metric.key(), shown.sent());
                case SENT_BYTES -> line(text, metric.key(), shown.bytes());
                case LAST_SENT -> line(text, metric.key(), lastSent);
                case REFUSED ->
                        refusals.forEach(
                                (reason, count) ->
                                        line(
                                                text,
                                                metric.key() + "{reason=\"" + reason + "\"}",
                                                count.get()));
            }
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String name, double value) {
        text.append(name).append(' ').append(value).append('\n');
    }

    @Override
    public void close() {
        if (server != null) {
            server.stop(0);
        }
    }
}
