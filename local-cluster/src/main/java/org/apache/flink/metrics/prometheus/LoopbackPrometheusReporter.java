package org.apache.flink.metrics.prometheus;

import io.prometheus.client.exporter.HTTPServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Flink's Prometheus reporter, for this machine alone. Flink's own listens on all addresses and
 * cannot be told otherwise. It stands in Flink's package because Flink keeps the registry of the
 * metrics there.
 */
final class LoopbackPrometheusReporter extends AbstractPrometheusReporter {
    private final HTTPServer server;

    /**
     * @throws UncheckedIOException if the port is taken
     */
    LoopbackPrometheusReporter(int port) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try {
            server = new HTTPServer(address, registry, true);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "metrics.reporter.prom.port: " + port + " cannot be listened on", e);
        }
    }

    @Override
    public void close() {
        server.stop();
        super.close();
    }
}
