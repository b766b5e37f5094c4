package io.kiln.evaluation.job;

import io.kiln.schemas.Evaluation;
import java.util.function.Function;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.jspecify.annotations.Nullable;

/** The metrics of the job. The task writes them; reporters read them from other threads. */
final class EvaluationMetrics {
    private final Counter evaluations;
    private final Counter skipped;
    private final Counter promotions;
    private final Counter problems;
    private volatile @Nullable Evaluation last;
    private volatile double seconds;

    EvaluationMetrics(MetricGroup operator) {
        MetricGroup group = operator.addGroup(EvaluationMetric.GROUP);
        evaluations = EvaluationMetric.EVALUATIONS.counter(group);
        skipped = EvaluationMetric.SKIPPED_VERSIONS.counter(group);
        promotions = EvaluationMetric.PROMOTIONS.counter(group);
        problems = EvaluationMetric.PROBLEMS.counter(group);
        EvaluationMetric.VERSION.gauge(
                group,
                () -> {
                    Evaluation shown = last;
                    return shown == null ? 0L : shown.getVersion();
                });
        EvaluationMetric.SECONDS.gauge(group, () -> seconds);
        figure(group, EvaluationMetric.HOLDOUT_LOSS, e -> e.getAnchors().getLoss());
        figure(group, EvaluationMetric.RECENT_LOSS, e -> e.getRecent().getLoss());
        figure(group, EvaluationMetric.EFFECTIVE_RANK, e -> e.getAnchors().getEffectiveRank());
        figure(group, EvaluationMetric.SPREAD, e -> e.getAnchors().getSpread());
        figure(group, EvaluationMetric.RUNNING_LOSS, e -> e.getAnchors().getRunningLoss());
        figure(group, EvaluationMetric.ALIGNMENT, e -> e.getAnchors().getAlignment());
        figure(group, EvaluationMetric.DEAD_CHANNELS, e -> e.getAnchors().getDeadChannels());
        figure(
                group,
                EvaluationMetric.PROBE,
                e -> e.getProbe() == null ? null : (Double) e.getProbe().getLinear());
        figure(
                group,
                EvaluationMetric.RECALL,
                e ->
                        e.getCompatibility() == null
                                ? null
                                : (Double) e.getCompatibility().getRecall());
        figure(
                group,
                EvaluationMetric.ADAPTED_RECALL,
                e ->
                        e.getCompatibility() == null
                                ? null
                                : (Double) e.getCompatibility().getAdaptedRecall());
        figure(
                group,
                EvaluationMetric.FRECHET,
                e -> e.getDrift() == null ? null : e.getDrift().getFrechet());
        figure(
                group,
                EvaluationMetric.FRECHET_BY_CHANCE,
                e -> e.getDrift() == null ? null : e.getDrift().getFrechetByChance());
        figure(group, EvaluationMetric.ANCHORS, e -> (double) e.getAnchors().getImages());
    }

    /** Shows a figure of the last evaluation; NaN before the first, and where it is missing. */
    private void figure(
            MetricGroup group,
            EvaluationMetric metric,
            Function<Evaluation, @Nullable Double> figure) {
        metric.gauge(
                group,
                () -> {
                    Evaluation shown = last;
                    Double found = shown == null ? null : figure.apply(shown);
                    return found == null ? Double.NaN : found;
                });
    }

    void evaluated(Evaluation evaluation, long nanos) {
        last = evaluation;
        seconds = nanos / 1e9;
        evaluations.inc();
        if (evaluation.getGate() != null && evaluation.getGate().getPassed()) {
            promotions.inc();
        }
        if (!evaluation.getProblems().isEmpty()) {
            problems.inc();
        }
    }

    void skipped() {
        skipped.inc();
    }
}
