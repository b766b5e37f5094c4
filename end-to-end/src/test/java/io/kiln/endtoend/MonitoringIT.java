package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.endtoend.MonitoringQueries.Query;
import io.kiln.local.ManagedProcess;
import io.kiln.operations.Installation;
import io.kiln.operations.cluster.PrometheusConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Board and alerts, with a real Prometheus that scrapes a real deployment. Runs where {@code
 * kiln.prometheus} names its program.
 */
@ExtendWith(SharedDeployment.class)
class MonitoringIT {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Installation INSTALLATION = new Installation(ROOT);
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final String WINDOW = "30s";
    private static final String TRAINING = "kiln training kiln/monitored";
    private static final String MASKING = "kiln masking monitored.batches";
    private static final int IMAGES = 64;
    private static final int BROKEN = 12;

    /** Labels that are new after each restart or submission. */
    private static final List<String> IDS =
            List.of(
                    "job_id",
                    "task_id",
                    "task_attempt_id",
                    "task_attempt_num",
                    "operator_id",
                    "tm_id");

    @TempDir private Path folder;

    private final MonitoringQueries queries = new MonitoringQueries(ROOT);
    private final List<Target> targets = new ArrayList<>();
    private FaultDeployment deployment;
    private Prometheus prometheus;

    @BeforeEach
    void requireProgram() {
        assumeTrue(Prometheus.program().isPresent(), "kiln.prometheus is not set");
    }

    @AfterEach
    void end() {
        targets.forEach(Target::cancel);
        if (prometheus != null) {
            prometheus.close();
        }
    }

    @Test
    void rulesAreSoundAndFireWhenTheyShould() throws Exception {
        String rules = PrometheusConfig.rules(INSTALLATION).toString();
        assertThat(Prometheus.promtool("check", "rules", rules)).contains("SUCCESS");
        Path tests = Path.of("src/test/resources/prometheus/kiln-alerts-test.yml");
        assertThat(Prometheus.promtool("test", "rules", tests.toString())).contains("SUCCESS");
        Path config = ROOT.resolve("deploy/prometheus/prometheus.yml");
        assertThat(Prometheus.promtool("check", "config", config.toString())).contains("SUCCESS");
    }

    @Test
    void everyQueryAnswersAndFaultsFireTheirAlerts(FaultDeployment shared) throws Exception {
        deployment = shared;
        deployment.awaitIdle();
        prometheus = startPrometheus();
        FaultDeployment.Settings settings =
                deployment.settings(
                        "monitored",
                        "training.runId=monitored",
                        "masking.batchSize=16",
                        "masking.views=60",
                        "masking.flushAfter=3s",
                        "checkpoints.everySteps=5",
                        "evaluation.holdoutShare=0.1");
        Target masking = submit("masking", settings);
        submit("training", settings);
        Target evaluation = submit("evaluation", settings);
        deployment.ingest(settings, FaultInput.write(folder.resolve("pictures"), 0, IMAGES));
        awaitAny("kiln:trainer:idle_share{job_name=\"" + TRAINING + "\"} < 0.5"); // it is fed
        requireData();
        requireStableLabels();
        end(evaluation);
        deadLetters(settings);
        masking.cancel();
        awaitAlert("KilnJobMissing", MASKING);
        restartLoop(settings);
        withheld(settings);
        diverging(settings);
        awaitAlert("KilnTrainerStarving", TRAINING);
        noTaskManager();
    }

    /** With windows of seconds in place of those of minutes and hours. */
    private Prometheus startPrometheus() throws Exception {
        Path rules = folder.resolve("kiln-alerts.yml");
        String text = Files.readString(PrometheusConfig.rules(INSTALLATION));
        Files.writeString(rules, MonitoringQueries.withWindows(text, WINDOW));
        Path config = folder.resolve("prometheus.yml");
        Path scraped = deployment.flink().metricsTargets();
        Files.writeString(
                config,
                PrometheusConfig.of(INSTALLATION, rules, scraped)
                        .replace("_interval: 15s", "_interval: 2s"));
        return Prometheus.start(scraped.resolveSibling("prometheus"), config);
    }

    private Target submit(String job, FaultDeployment.Settings settings, String... more)
            throws Exception {
        Target submitted = Target.submit(deployment, job, settings, more);
        targets.add(submitted);
        return submitted;
    }

    private void requireData() throws Exception {
        List<Query> all = new ArrayList<>(queries.ofRules());
        all.addAll(queries.ofTheBoard());
        assertThat(all).hasSizeGreaterThan(80);
        List<Query> silent = new ArrayList<>(all);
        Awaitility.await()
                .atMost(TIMEOUT)
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(
                        () -> {
                            List<Query> open = List.copyOf(silent);
                            for (Query query : open) {
                                String expression =
                                        MonitoringQueries.withWindows(query.expression(), WINDOW);
                                if (!prometheus.query(expression).isEmpty()) {
                                    silent.remove(query);
                                }
                            }
                            assertThat(silent).as("queries without data").isEmpty();
                        });
        System.out.println(all.size() + " queries answered with data");
    }

    private void requireStableLabels() throws Exception {
        JsonNode series = prometheus.series("{job=\"flink\"}");
        assertThat(series).hasSizeGreaterThan(500);
        for (JsonNode labels : series) {
            IDS.forEach(id -> assertThat(labels.has(id)).as(labels.toString()).isFalse());
        }
        JsonNode steps =
                prometheus.query("flink_taskmanager_job_task_operator_training_step").path(0);
        assertThat(steps.at("/metric/job_name").asText()).isEqualTo(TRAINING);
        assertThat(steps.at("/metric/model").asText()).isEqualTo("kiln");
        assertThat(steps.at("/metric/run").asText()).isEqualTo("monitored");
        JsonNode restarts =
                prometheus.query("flink_jobmanager_job_numRestarts{topic=\"monitored.batches\"}");
        assertThat(restarts).hasSize(1);
    }

    private void deadLetters(FaultDeployment.Settings settings) throws Exception {
        Path broken = Files.createDirectories(folder.resolve("broken"));
        for (int i = 0; i < BROKEN; i++) {
            Files.write(broken.resolve(i + ".jpg"), new byte[] {(byte) 0xff, (byte) 0xd8, -1});
        }
        deployment.ingest(settings, broken);
        awaitAlert("KilnDeadLetters", MASKING);
    }

    /** A file is where the run's folder should be. Its series go on through all restarts. */
    private void restartLoop(FaultDeployment.Settings settings) throws Exception {
        FaultDeployment.Settings loop = settings.with("training.runId=loop");
        Path artifacts = deployment.artifacts(loop.config());
        Files.writeString(artifacts, "in the way");
        try {
            Target training = submit("training", loop, "--detach"); // else it tells of the loop
            awaitAlert("KilnRestartLoop", "kiln training kiln/loop");
            String series =
                    "max(count by (instance) (count_over_time("
                            + "flink_taskmanager_job_task_operator_training_step{run=\"loop\"}[10m])))";
            assertThat(prometheus.query(series).at("/0/value/1").asText()).isEqualTo("1");
            end(training);
        } finally {
            Files.delete(artifacts);
        }
    }

    /** The loss is above what a version may have. */
    private void withheld(FaultDeployment.Settings settings) throws Exception {
        Target training =
                submit(
                        "training",
                        settings.with("training.runId=withheld", "checkpoints.maxLoss=0.01"));
        awaitAlert("KilnNoEvent", "kiln training kiln/withheld");
        end(training);
    }

    private void diverging(FaultDeployment.Settings settings) throws Exception {
        Target training =
                submit(
                        "training",
                        settings.with(
                                "training.runId=diverging",
                                "training.schedule.warmupSteps=0",
                                "training.schedule.peakLearningRate=10",
                                "training.optimiser.clipNorm=1000000",
                                "training.precision=bf16",
                                "training.maxSkippedInARow=1000"));
        awaitAlert("KilnNotFinite", "kiln training kiln/diverging");
        end(training);
    }

    private void noTaskManager() throws Exception {
        String noCheckpoint = firing("KilnNoFlinkCheckpoint", TRAINING);
        awaitAny("absent(" + noCheckpoint + ")");
        deployment.flink().taskManagers().stream()
                .filter(ManagedProcess::isAlive)
                .forEach(ManagedProcess::kill);
        awaitAny("ALERTS{alertname=\"KilnNoTaskManager\", alertstate=\"firing\"}");
        awaitAny(noCheckpoint);
        deployment.replaceKilledTaskManagers();
    }

    private void end(Target target) {
        target.cancel();
        targets.remove(target);
    }

    private void awaitAlert(String alert, String job) {
        awaitAny(firing(alert, job));
    }

    private static String firing(String alert, String job) {
        return String.format(
                "ALERTS{alertname=\"%s\", alertstate=\"firing\", job_name=\"%s\"}", alert, job);
    }

    /** Waits until a query gives any series. */
    private void awaitAny(String query) {
        Awaitility.await(query)
                .atMost(TIMEOUT)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> !prometheus.query(query).isEmpty());
    }
}
