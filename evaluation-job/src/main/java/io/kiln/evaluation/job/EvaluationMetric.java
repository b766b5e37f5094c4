package io.kiln.evaluation.job;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** The metrics of the evaluation job, in the group "evaluation". */
public enum EvaluationMetric {
    VERSION("version", Kind.GAUGE, "version that was evaluated last"),
    HOLDOUT_LOSS("holdoutLoss", Kind.GAUGE, "its holdout loss on the anchors"),
    RECENT_LOSS("recentLoss", Kind.GAUGE, "its holdout loss on the recent images"),
    EFFECTIVE_RANK("effectiveRank", Kind.GAUGE, "effective rank of its features of the anchors"),
    SPREAD("spread", Kind.GAUGE, "spread of its features of the anchors, 0 to about 1"),
    DEAD_CHANNELS(
            "deadChannels", Kind.GAUGE, "share of its features that are the same for all anchors"),
    ANCHORS("anchors", Kind.GAUGE, "anchors that it was evaluated on"),
    SECONDS("seconds", Kind.GAUGE, "seconds that its evaluation took"),
    EVALUATIONS("evaluations", Kind.COUNTER, "versions evaluated"),
    SKIPPED_VERSIONS(
            "skippedVersions",
            Kind.COUNTER,
            "versions that were not evaluated because a newer one came meanwhile"),
    PROBLEMS("problems", Kind.COUNTER, "evaluations that lack figures; their records say why");

    /** Types of metrics. */
    public enum Kind {
        /** Counts events. */
        COUNTER,
        /** Shows a value. */
        GAUGE
    }

    /** Name of the group of all metrics of the job. */
    public static final String GROUP = "evaluation";

    private final String key;
    private final Kind kind;
    private final String about;

    EvaluationMetric(String key, Kind kind, String about) {
        this.key = key;
        this.kind = kind;
        this.about = about;
    }

    /** The name under which reporters show the metric. */
    public String key() {
        return key;
    }

    /** Its type. */
    public Kind kind() {
        return kind;
    }

    /** What the metric shows. */
    public String about() {
        return about;
    }

    Counter counter(MetricGroup group) {
        return group.counter(key);
    }

    <T> void gauge(MetricGroup group, Gauge<T> gauge) {
        group.gauge(key, gauge);
    }
}
