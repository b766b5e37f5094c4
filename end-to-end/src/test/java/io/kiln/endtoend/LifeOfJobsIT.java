package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.kafka.KilnJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Verbs that stop, start and replace jobs, on a real cluster. */
@ExtendWith(SharedDeployment.class)
class LifeOfJobsIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    private static final int IMAGES = 32;

    @TempDir private Path folder;

    private FaultDeployment deployment;
    private FaultDeployment.Settings settings;
    private int pictures;

    @AfterEach
    void end() {
        for (String job : List.of("masking", "training")) {
            ids(job).forEach(deployment.jobs()::cancel);
        }
    }

    @Test
    void aRunGoesOnThroughStopsUpgradesAndFailedUpgrades(FaultDeployment shared) throws Exception {
        deployment = shared;
        deployment.awaitIdle();
        settings = deployment.settings("life", "training.runId=life");
        assertThat(failed("stop", "training"))
                .contains(
                        "no training job of this run is running",
                        "expected \"kiln training kiln/life\"");
        assertThat(
                        failed(
                                "submit",
                                "training",
                                "--from",
                                "latest",
                                "--jar",
                                Target.jar("training")))
                .contains("checkpoints/training/kiln/life holds no complete savepoint");
        try (TrainedRun run = new TrainedRun(settings.config())) {
            submit("masking");
            submit("training");
            feed(run);
            requireOneJobOfARun();
            stopAndGoOn(run);
            cancelAndGoOn(run);
            upgradeMasking(run);
            upgradeTrainingInVain(run);
            int batches = RunAssertions.expectedBatches(settings.config());
            assertThat(run.steps()).hasSize(batches).doesNotHaveDuplicates();
            RunAssertions.assertClean(settings.config());
        }
    }

    private void requireOneJobOfARun() {
        for (String job : List.of("masking", "training")) {
            assertThat(failed("submit", job, "--jar", Target.jar(job)))
                    .contains(
                            "the " + job + " job of this run is on the cluster already",
                            "kiln upgrade " + job);
        }
    }

    private void stopAndGoOn(TrainedRun run) throws Exception {
        JsonNode stopped = json("stop", "training", "--json");
        String savepoint = stopped.path("savepoint").asText();
        assertThat(savepoint).contains("/checkpoints/training/kiln/life/savepoints/savepoint-");
        assertThat(failed("stop", "training")).contains("no training job of this run is running");
        Path incomplete = path(savepoint).resolveSibling("savepoint-of-a-crash");
        Files.createDirectories(incomplete);
        Files.writeString(incomplete.resolve("part"), "of a state");
        JsonNode first = json("savepoints", "list", "training", "--json").path(0);
        assertThat(first.path("kind").asText()).isEqualTo("savepoint");
        assertThat(path(first.path("uri").asText())).isEqualTo(path(savepoint));
        assertThat(path(submitLatest("training"))).isEqualTo(path(savepoint));
        feed(run);
    }

    private void cancelAndGoOn(TrainedRun run) throws Exception {
        List<Path> left = new ArrayList<>();
        for (String job : List.of("masking", "training")) {
            String id = alive(job);
            deployment.jobs().cancel(id);
            String state = submitLatest(job);
            assertThat(state).contains("/" + id + "/chk-");
            left.add(path(state));
        }
        feed(run);
        // The jobs that have gone on from them have newer ones of their own.
        await().untilAsserted(() -> assertThat(left).noneMatch(Files::exists));
    }

    private void upgradeMasking(TrainedRun run) throws Exception {
        String before = alive("masking");
        FaultDeployment.Settings wider = settings.with("flink.maskingParallelism=2");
        CommandRun upgraded =
                CommandRun.of(wider, "upgrade", "masking", "--jar", Target.jar("masking"));
        assertThat(upgraded.exitCode()).as(upgraded.err()).isZero();
        assertThat(upgraded.out()).contains("stopped job " + before + " with savepoint ");
        JsonNode vertices = deployment.jobs().get("/jobs/" + alive("masking")).path("vertices");
        assertThat(vertices.path(0).path("parallelism").asInt()).isEqualTo(2);
        feed(run);
    }

    /** The state was made with another seed, which the new job refuses. */
    private void upgradeTrainingInVain(TrainedRun run) throws Exception {
        String before = alive("training");
        FaultDeployment.Settings wrong =
                settings.with("training.seed=7", "checkpoints.everySteps=100");
        CommandRun refused =
                CommandRun.of(wrong, "upgrade", "training", "--jar", Target.jar("training"));
        assertThat(refused.exitCode()).as(refused.out()).isEqualTo(1);
        assertThat(refused.err())
                .contains(
                        "the new training job did not come up: ",
                        "training.seed: trained with 42, configured is 7",
                        "The previous job runs again, as job " + alive("training"));
        JsonNode config = deployment.jobs().get("/jobs/" + alive("training") + "/config");
        JsonNode keys = config.at("/execution-config/user-config");
        assertThat(keys.path("training.seed").asText()).isEqualTo("42");
        assertThat(keys.path("checkpoints.everySteps").asText()).isEqualTo("1");
        assertThat(alive("training")).isNotEqualTo(before);
        feed(run);
    }

    /** Sends some images, and waits until all that were sent are trained on. */
    private void feed(TrainedRun run) throws Exception {
        Path next = folder.resolve("pictures-" + pictures);
        deployment.ingest(settings, FaultInput.write(next, pictures, pictures + IMAGES));
        pictures += IMAGES;
        run.awaitSteps(RunAssertions.expectedBatches(settings.config()), TIMEOUT);
    }

    private String alive(String job) {
        List<String> found = ids(job);
        assertThat(found).as(job).hasSize(1);
        return found.get(0);
    }

    private List<String> ids(String job) {
        String name = KilnJob.valueOf(job.toUpperCase(Locale.ROOT)).flinkName(settings.config());
        List<String> found = new ArrayList<>();
        for (JsonNode known : deployment.jobs().get("/jobs/overview").path("jobs")) {
            if (known.path("name").asText().equals(name)
                    && known.path("state").asText().equals("RUNNING")) {
                found.add(known.path("jid").asText());
            }
        }
        return found;
    }

    private void submit(String job) {
        CommandRun run = CommandRun.of(settings, "submit", job, "--jar", Target.jar(job));
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    /** The state that a job was submitted from. */
    private String submitLatest(String job) throws Exception {
        return json("submit", job, "--json", "--from", "latest", "--jar", Target.jar(job))
                .path("from")
                .asText();
    }

    private String failed(String... arguments) {
        CommandRun run = CommandRun.of(settings, arguments);
        assertThat(run.exitCode()).as(run.out()).isEqualTo(1);
        return run.err();
    }

    private JsonNode json(String... arguments) throws Exception {
        CommandRun run = CommandRun.of(settings, arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    /** Flink writes file:/a and file:///a. */
    private static Path path(String uri) {
        return Path.of(uri.replaceFirst("^file:/+", "/"));
    }
}
