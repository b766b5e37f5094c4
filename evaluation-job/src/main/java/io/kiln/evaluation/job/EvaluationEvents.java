package io.kiln.evaluation.job;

import io.kiln.schemas.CheckpointEvent;
import java.util.List;
import org.apache.flink.events.Event;
import org.apache.flink.events.EventBuilder;
import org.apache.flink.metrics.MetricGroup;

/** What Flink's event reporters ({@code events.reporters}) tell of the gate and its promotions. */
final class EvaluationEvents {
    private final MetricGroup group;

    /**
     * @param group of the operator's metrics, which takes the events too
     */
    EvaluationEvents(MetricGroup group) {
        this.group = group;
    }

    /** The event that promotes a version is visible. */
    void promoted(CheckpointEvent event) {
        add(
                "INFO",
                "version " + event.getVersion() + " was promoted",
                of(event, "VersionPromoted"));
    }

    /** The gate refused a version. */
    void refused(CheckpointEvent event, List<String> reasons) {
        String reason = String.join("; ", reasons);
        add(
                "WARN",
                "version " + event.getVersion() + " is not promoted: " + reason,
                of(event, "VersionRefused").setAttribute("reason", reason));
    }

    /** A version lost its files, or was revoked, before its promotion was seen; it is revoked. */
    void revoked(CheckpointEvent event, String reason) {
        add(
                "WARN",
                "version " + event.getVersion() + " is revoked again: " + reason,
                of(event, "PromotionRevoked").setAttribute("reason", reason));
    }

    private static EventBuilder of(CheckpointEvent event, String name) {
        return Event.builder(EvaluateVersions.class, name)
                .setAttribute("version", event.getVersion())
                .setAttribute("step", event.getStep());
    }

    private void add(String severity, String body, EventBuilder event) {
        group.addEvent(event.setSeverity(severity).setBody(body));
    }
}
