package io.kiln.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kiln.ingest.IngestException;
import io.kiln.ingest.IngestListener;
import io.kiln.ingest.IngestProgress;
import io.kiln.ingest.Refusal;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Shows Prometheus what a run of ingest has sent and refused, on this machine alone, until it is
 * closed.
 */
final class IngestMetrics implements IngestListener, AutoCloseable {
    private final IngestListener next;
    private final @Nullable HttpServer server;
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private volatile IngestProgress last = new IngestProgress(0, 0, 0, 0, 0, 0);
    private volatile double lastSent;

    private IngestMetrics(@Nullable HttpServer server, IngestListener next) {
        this.server = server;
        this.next = next;
        count(IngestMetric.SENT, IngestProgress::sent);
        count(IngestMetric.SENT_BYTES, IngestProgress::bytes);
        for (Refusal.Reason reason : Refusal.Reason.values()) {
            refused(reason);
        }
        Gauge.builder(IngestMetric.LAST_SENT.key(), this, metrics -> metrics.lastSent)
                .description(IngestMetric.LAST_SENT.about())
                .register(registry);
    }

    private void count(IngestMetric metric, ToDoubleFunction<IngestProgress> figure) {
        FunctionCounter.builder(metric.key(), this, metrics -> figure.applyAsDouble(metrics.last))
                .description(metric.about())
                .register(registry);
    }

    private Counter refused(Refusal.Reason reason) {
        return Counter.builder(IngestMetric.REFUSED.key())
                .description(IngestMetric.REFUSED.about())
                .tag("reason", reason.name())
                .register(registry);
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
        refused(refusal.reason()).increment();
        next.refused(refusal);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = registry.scrape().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders()
                    .set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        if (server != null) {
            server.stop(0);
        }
        registry.close();
    }
}
