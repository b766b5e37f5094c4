package org.apache.flink.metrics.prometheus;

import java.util.Properties;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/** What Flink makes {@link LoopbackPrometheusReporter} with. Setting: {@code port}. */
public final class LoopbackPrometheusReporterFactory implements MetricReporterFactory {
    private static final String DEFAULT_PORT = "9249"; // of Flink's reporter too

    @Override
    public MetricReporter createMetricReporter(Properties properties) {
        return new LoopbackPrometheusReporter(
                Integer.parseInt(properties.getProperty("port", DEFAULT_PORT)));
    }
}
