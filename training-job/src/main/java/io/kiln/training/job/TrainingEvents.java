package io.kiln.training.job;

import org.apache.flink.events.Event;
import org.apache.flink.events.EventBuilder;
import org.apache.flink.metrics.MetricGroup;

/**
 * What Flink's event reporters ({@code events.reporters}) tell of training, with the job's name and
 * the operator's as attributes.
 */
final class TrainingEvents {
    private final MetricGroup group;

    TrainingEvents(MetricGroup group) {
        this.group = group;
    }

    /** The files of a version were written; its event becomes visible with the next checkpoint. */
    void published(long version, long step, double loss) {
        add(
                "INFO",
                "version " + version + " was written at step " + step,
                event("CheckpointEvent")
                        .setAttribute("version", version)
                        .setAttribute("step", step)
                        .setAttribute("loss", loss));
    }

    /** A version was due and is not published. */
    void withheld(long step) {
        add(
                "WARN",
                "the version due at step "
                        + step
                        + " was withheld: the state was not finite, or the loss above"
                        + " checkpoints.maxLoss",
                event("VersionWithheld").setAttribute("step", step));
    }

    /** A batch was skipped. */
    void skipped(long step, String reason) {
        add(
                "WARN",
                "a batch was skipped behind step " + step + ": " + reason,
                event("BatchSkipped").setAttribute("step", step).setAttribute("reason", reason));
    }

    private static EventBuilder event(String name) {
        return Event.builder(TrainingOperator.class, name);
    }

    private void add(String severity, String body, EventBuilder event) {
        group.addEvent(event.setSeverity(severity).setBody(body));
    }
}
