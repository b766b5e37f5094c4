package io.kiln.evaluation.job;

import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.EventOptions;
import org.apache.flink.events.Event;
import org.apache.flink.events.reporter.EventReporter;
import org.apache.flink.events.reporter.EventReporterFactory;
import org.apache.flink.metrics.MetricConfig;

/** A reporter that keeps the events that Flink hands it, of all clusters of this process. */
public final class ReportedEvents implements EventReporter, EventReporterFactory {
    private static final List<Event> EVENTS = new CopyOnWriteArrayList<>();

    static void configure(Configuration settings) {
        settings.set(EventOptions.REPORTERS_LIST, "kept");
        EventOptions.forReporter(settings, "kept")
                .set(EventOptions.REPORTER_FACTORY_CLASS, ReportedEvents.class.getName());
    }

    /** Those of a job, in their order. */
    static List<Event> of(JobID job) {
        return EVENTS.stream()
                .filter(event -> event.getAttributes().containsValue(job.toHexString()))
                .toList();
    }

    @Override
    public EventReporter createEventReporter(Properties properties) {
        return this;
    }

    @Override
    public void open(MetricConfig config) {
        // There is nothing to open.
    }

    @Override
    public void close() {
        // There is nothing to close.
    }

    @Override
    public void notifyOfAddedEvent(Event event) {
        EVENTS.add(event);
    }
}
