package io.kiln.cli.reference;

import io.kiln.masking.metrics.MaskingMetric;
import io.kiln.training.job.TrainingMetric;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** docs/reference/metrics.md: the metrics of both jobs. */
final class MetricsPage {
    private static final List<String> HEADINGS = List.of("Metric", "Type", "Meaning");

    private MetricsPage() {}

    static String text() {
        return new Markdown("Metrics")
                .paragraph(
                        "Flink shows these metrics in its web interface and hands them to its reporters. They"
                                + " belong to the operators of the jobs. The Prometheus reporter names them"
                                + " `flink_taskmanager_job_task_operator_GROUP_METRIC`, for instance"
                                + " `flink_taskmanager_job_task_operator_training_loss`.")
                .heading(2, "Masking job, group `" + MaskingMetric.GROUP + "`")
                .table(
                        HEADINGS,
                        Stream.of(MaskingMetric.values())
                                .map(
                                        metric ->
                                                List.of(
                                                        Markdown.code(metric.key()),
                                                        "counter",
                                                        metric.about()))
                                .toList())
                .heading(2, "Training job, group `" + TrainingMetric.GROUP + "`")
                .table(
                        HEADINGS,
                        Stream.of(TrainingMetric.values())
                                .map(
                                        metric ->
                                                List.of(
                                                        Markdown.code(metric.key()),
                                                        metric.kind()
                                                                .name()
                                                                .toLowerCase(Locale.ROOT),
                                                        metric.about()))
                                .toList())
                .text();
    }
}
