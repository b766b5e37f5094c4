package io.kiln.endtoend;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A training job as Flink's page shows it. Runs where {@code kiln.chromium} names the program; with
 * {@code kiln.figures.write=true} the pictures go to docs/figures.
 */
@Timeout(600)
@ExtendWith(SharedDeployment.class)
class FlinkPageIT {
    private static final boolean WRITES_FIGURES = Boolean.getBoolean("kiln.figures.write");
    private static final String CHARTS = "flink-job-overview-drawer-chart";
    private static final List<String> METRICS =
            List.of("0.train.training.smoothedLoss", "0.train.training.imagesPerSecond");
    private static final int IMAGES = 64;

    /** Values that a chart of the pictures shows. */
    private static final int POINTS = 12;

    @TempDir private Path folder;

    private final List<Target> targets = new ArrayList<>();

    @BeforeEach
    void requireProgram() {
        assumeTrue(Browser.program().isPresent(), "kiln.chromium is not set");
    }

    @AfterEach
    void end() {
        targets.forEach(Target::cancel);
    }

    @Test
    void graphAndMetricsOfTheTrainingJobAreShown(FaultDeployment deployment) throws Exception {
        deployment.awaitIdle();
        FaultDeployment.Settings settings =
                deployment.settings(
                        "page",
                        "training.runId=page",
                        "masking.batchSize=16",
                        "masking.views=1000",
                        "masking.flushAfter=3s",
                        "checkpoints.everySteps=50");
        targets.add(Target.submit(deployment, "masking", settings));
        Target training = Target.submit(deployment, "training", settings);
        targets.add(training);
        try (Browser browser = new Browser(folder, 1600, 900)) {
            deployment.ingest(settings, FaultInput.write(folder.resolve("pictures"), 0, IMAGES));
            String page =
                    deployment.flink().restUrl() + "/#/job/running/" + training.job() + "/overview";
            browser.open(page);
            browser.awaitText("kiln training kiln/page");
            browser.awaitText("-> train -> (training-steps: Writer"); // names, in the graph's box
            page += "/" + vertex(deployment, training.job());
            browser.open(page + "/detail");
            browser.awaitText("read batches from " + settings.config().topics().sparseBatches());
            browser.awaitText("train custom on 64 x 64 pixels: run page of model kiln");
            browser.picture(picture("flink-training-job.png"));

            browser.open(page + "/metrics");
            for (String metric : METRICS) {
                choose(browser, metric);
            }
            if (WRITES_FIGURES) {
                enlarge(browser);
                awaitCurves(deployment, training.job());
            }
            browser.picture(picture("flink-training-metrics.png"));
        }
    }

    /** Draws the charts large, and gives them the place of the menu. */
    private static void enlarge(Browser browser) throws Exception {
        browser.evaluate("document.querySelector('.trigger, .anticon-menu-fold').click()");
        browser.evaluate(
                "document.querySelectorAll('flink-job-chart').forEach(chart =>"
                        + " [...chart.querySelectorAll('*')].reverse()"
                        + ".find(button => button.innerText?.trim() == 'Big').click())");
    }

    /** Waits until the charts have had a number of values. */
    private static void awaitCurves(FaultDeployment deployment, String job) {
        String value =
                "/jobs/"
                        + job
                        + "/vertices/"
                        + vertex(deployment, job)
                        + "/metrics?get="
                        + METRICS.get(0);
        Set<String> seen = new HashSet<>();
        Awaitility.await("values of " + METRICS.get(0))
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofSeconds(1))
                .until(
                        () -> {
                            seen.add(deployment.jobs().get(value).at("/0/value").asText());
                            return seen.size() > POINTS;
                        });
    }

    private static String vertex(FaultDeployment deployment, String job) {
        return deployment.jobs().get("/jobs/" + job).at("/vertices/0/id").asText();
    }

    /** Adds a metric's chart, and waits until it is drawn. */
    private static void choose(Browser browser, String metric) throws Exception {
        String list = "document.querySelector('" + CHARTS + " nz-select')";
        browser.awaitTrue("the list of metrics", list);
        browser.evaluate(list + ".click()");
        browser.evaluate(
                "(() => { let typed = document.querySelector('"
                        + CHARTS
                        + " nz-select input'); typed.value = '"
                        + metric
                        + "'; typed.dispatchEvent(new Event('input', {bubbles: true})); })()");
        String option =
                "[...document.querySelectorAll('nz-option-item')]"
                        + ".find(option => option.innerText.trim() == '"
                        + metric
                        + "')";
        browser.awaitTrue(metric + " in the list", option);
        browser.evaluate(option + ".click()");
        browser.awaitTrue(
                "chart of " + metric,
                "[...document.querySelectorAll('flink-job-chart')].some(chart =>"
                        + " chart.innerText.includes('"
                        + metric
                        + "') && chart.querySelector('canvas, svg path'))");
    }

    private Path picture(String name) {
        Path figures = Path.of(System.getProperty("kiln.root"), "docs", "figures");
        return (WRITES_FIGURES ? figures : folder).resolve(name);
    }
}
