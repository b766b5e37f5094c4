package io.kiln.evaluation.job;

import io.kiln.kafka.JobMetric;

/** The metrics of the evaluation job, in the group "evaluation". */
public enum EvaluationMetric implements JobMetric {
    VERSION("version", Kind.GAUGE, "version that was evaluated last"),
    HOLDOUT_LOSS("holdoutLoss", Kind.GAUGE, "its holdout loss on the anchors"),
    RECENT_LOSS("recentLoss", Kind.GAUGE, "its holdout loss on the recent images"),
    EFFECTIVE_RANK("effectiveRank", Kind.GAUGE, "effective rank of its features of the anchors"),
    RUNNING_LOSS(
            "runningLoss",
            Kind.GAUGE,
            "its holdout loss on the anchors with running statistics; NaN if it has none"),
    ALIGNMENT(
            "alignment",
            Kind.GAUGE,
            "mean squared distance between its features of an anchor and those of a crop of it, 0"
                    + " to 4"),
    SPREAD("spread", Kind.GAUGE, "spread of its features of the anchors, 0 to about 1"),
    DEAD_CHANNELS(
            "deadChannels", Kind.GAUGE, "share of its features that are the same for all anchors"),
    PROBE("probe", Kind.GAUGE, "accuracy of its linear probe, 0 to 1; NaN without a probe"),
    RECALL(
            "recall",
            Kind.GAUGE,
            "recall@10 of an index of the promoted version's embeddings, queried with its own; NaN"
                    + " if none is promoted"),
    ADAPTED_RECALL("adaptedRecall", Kind.GAUGE, "the same through the adapter"),
    FRECHET(
            "frechet",
            Kind.GAUGE,
            "squared Fréchet distance between its features of recent images and of the anchors"),
    FRECHET_BY_CHANCE(
            "frechetByChance", Kind.GAUGE, "what that would be if the images had not changed"),
    DRIFT_SHIFT(
            "driftShift",
            Kind.GAUGE,
            "largest shift of a statistic of the newest held-out images, in standard deviations of the reference"),
    DRIFT_ALARMS("driftAlarms", Kind.COUNTER, "alarms because the images have changed"),
    ANCHORS("anchors", Kind.GAUGE, "anchors that it was evaluated on"),
    SECONDS("seconds", Kind.GAUGE, "seconds that its evaluation took"),
    EVALUATIONS("evaluations", Kind.COUNTER, "versions evaluated"),
    SKIPPED_VERSIONS(
            "skippedVersions",
            Kind.COUNTER,
            "versions that were not evaluated because a newer one arrived in the meantime"),
    PROMOTIONS("promotions", Kind.COUNTER, "versions that passed the gate"),
    PROBLEMS("problems", Kind.COUNTER, "evaluations that lack figures; their records say why");

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

    @Override
    public String key() {
        return key;
    }

    @Override
    public Kind kind() {
        return kind;
    }

    @Override
    public String about() {
        return about;
    }
}
