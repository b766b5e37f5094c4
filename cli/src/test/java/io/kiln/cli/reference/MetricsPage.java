package io.kiln.cli.reference;

import io.kiln.cli.IngestMetric;
import io.kiln.evaluation.job.EvaluationMetric;
import io.kiln.kafka.JobMetric;
import io.kiln.masking.metrics.MaskingMetric;
import io.kiln.training.job.RoundMetric;
import io.kiln.training.job.TrainingMetric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** docs/reference/metrics.md: the metrics of the jobs, and those of Flink that the board reads. */
final class MetricsPage {
    private static final List<String> HEADINGS = List.of("Metric", "Type", "Meaning");

    /** Metrics of Flink, by the beginning of their names in Prometheus. */
    private static final Map<String, List<List<String>>> OF_FLINK = ofFlink();

    private MetricsPage() {}

    private static Map<String, List<List<String>>> ofFlink() {
        Map<String, List<List<String>>> all = new LinkedHashMap<>();
        all.put(
                "flink_jobmanager_",
                List.of(
                        List.of("numRegisteredTaskManagers", "task managers that can run tasks"),
                        List.of("taskSlotsAvailable", "slots that no job holds")));
        all.put(
                "flink_jobmanager_job_",
                List.of(
                        List.of("numRestarts", "restarts since the job was submitted"),
                        List.of("numberOfCompletedCheckpoints", "Flink checkpoints completed"),
                        List.of(
                                "lastCheckpointCompletedTimestamp",
                                "when the last one was completed, in milliseconds since 1970"),
                        List.of("lastCheckpointDuration", "how long it took, in milliseconds"),
                        List.of("lastCheckpointSize", "its size in bytes")));
        all.put(
                "flink_taskmanager_job_task_operator_",
                List.of(
                        List.of(
                                "pendingRecords",
                                "records of its topic that a source has not fetched yet"),
                        List.of(
                                "currentEmitEventTimeLag",
                                "age of the last record that a source emitted, in milliseconds"),
                        List.of("numRecordsOut", "records that an operator emitted")));
        all.put(
                "flink_taskmanager_Status_JVM_Memory_",
                List.of(
                        List.of("Heap_Used", "bytes of the Java heap that hold objects"),
                        List.of("Heap_Committed", "bytes of the heap that the process holds")));
        return all;
    }

    static String text() {
        Markdown page = ofKiln();
        page.heading(2, "`kiln ingest --metrics-port`")
                .paragraph(
                        "Of one run of ingest, at `http://127.0.0.1:PORT/metrics`, while it runs.")
                .table(
                        HEADINGS,
                        Stream.of(IngestMetric.values())
                                .map(
                                        metric ->
                                                List.of(
                                                        Markdown.code(metric.key()),
                                                        metric.type(),
                                                        metric.about()))
                                .toList());
        page.heading(2, "Flink's own that the board and the alerts read");
        OF_FLINK.forEach(
                (prefix, metrics) ->
                        page.heading(3, "`" + prefix + "…`")
                                .table(
                                        List.of("Metric", "Meaning"),
                                        metrics.stream()
                                                .map(
                                                        m ->
                                                                List.of(
                                                                        Markdown.code(m.get(0)),
                                                                        m.get(1)))
                                                .toList()));
        return page.text();
    }

    private static Markdown ofKiln() {
        return new Markdown("Metrics")
                .paragraph(
                        "Flink shows these metrics in its web interface and hands them to its reporters. They"
                                + " belong to the operators of the jobs. The Prometheus reporter names them"
                                + " `flink_taskmanager_job_task_operator_GROUP_METRIC`, for instance"
                                + " `flink_taskmanager_job_task_operator_training_loss`; it shows counters as gauges, which"
                                + " begin again at 0 when a job restarts. What to ask of them, with a board and"
                                + " alerts: [monitor with Prometheus and Grafana](../how-to/monitor.md).")
                .heading(2, "Masking job, group `" + MaskingMetric.GROUP + "`")
                .table(HEADINGS, rows(MaskingMetric.values()))
                .heading(2, "Training job, group `" + TrainingMetric.GROUP + "`")
                .table(HEADINGS, rows(TrainingMetric.values()))
                .paragraph(
                        "With several trainers (topics.trainers), each trainer has its own, in the"
                                + " group `trainer.NUMBER.training`: in Prometheus"
                                + " `flink_taskmanager_job_task_operator_trainer_training_METRIC`,"
                                + " with the label `trainer`. Kiln's `prometheus.yml` gives them"
                                + " the same names as those of one trainer. Metrics of versions are"
                                + " those of trainer 0, and metrics of the machine are those of a"
                                + " subtask. A trainer has these as well:")
                .table(HEADINGS, rows(RoundMetric.values()))
                .heading(2, "Evaluation job, group `" + EvaluationMetric.GROUP + "`")
                .table(HEADINGS, rows(EvaluationMetric.values()));
    }

    private static List<List<String>> rows(JobMetric... metrics) {
        return Stream.of(metrics)
                .map(
                        metric ->
                                List.of(
                                        Markdown.code(metric.key()),
                                        metric.kind().name().toLowerCase(Locale.ROOT),
                                        metric.about()))
                .toList();
    }
}
