package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.config.FolderUri;
import io.kiln.local.ManagedProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kiln status} of a real deployment while all is well, and while something is wrong. One run
 * after the other shares the cluster.
 */
@ExtendWith(SharedDeployment.class)
class StatusIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    private static final int IMAGES = 64;

    @TempDir private Path folder;

    private FaultDeployment deployment;
    private FaultDeployment.Settings settings;
    private CommandRun last;
    private final List<Target> targets = new ArrayList<>();

    private void run(FaultDeployment shared, String name, String... more) {
        deployment = shared;
        deployment.awaitIdle();
        List<String> overrides = new ArrayList<>(List.of(more));
        overrides.add("training.runId=" + name);
        overrides.add("masking.flushAfter=1s");
        settings = deployment.settings(name, overrides.toArray(String[]::new));
    }

    private Target submit(String job) throws Exception {
        Target submitted = Target.submit(deployment, job, settings);
        targets.add(submitted);
        return submitted;
    }

    @AfterEach
    void end() {
        targets.forEach(Target::cancel);
    }

    /** Asks until an answer is as expected; the last answer is kept for the message. */
    private CommandRun awaitStatus(String what, Predicate<CommandRun> expected) {
        Awaitility.await(what)
                .atMost(TIMEOUT)
                .pollInterval(Duration.ofMillis(500))
                .conditionEvaluationListener(
                        condition -> {
                            if (condition.getRemainingTimeInMS() <= 0) {
                                System.out.println(last);
                            }
                        })
                .until(
                        () -> {
                            last = CommandRun.of(settings, "status");
                            return expected.test(last);
                        });
        return last;
    }

    @Test
    void aRunIsWellUntilItsTaskManagersOrItsBrokerAreGone(FaultDeployment shared) throws Exception {
        run(shared, "status", "masking.views=60", "checkpoints.everySteps=50");
        assertThat(CommandRun.of(settings, "status"))
                .satisfies(
                        before -> {
                            assertThat(before.exitCode()).isEqualTo(1);
                            assertThat(before.out())
                                    .contains("the training job of this run is not on the Flink");
                        });
        Path pictures = FaultInput.write(folder.resolve("pictures"), 0, IMAGES);
        Files.write(pictures.resolve("broken.jpg"), new byte[] {(byte) 0xff, (byte) 0xd8, -1});
        deployment.ingest(settings, pictures);
        Target masking = submit("masking");
        try (TopicFollower<String> made = RunAssertions.batches(settings.config())) {
            made.await("batches", TIMEOUT, all -> all.size() >= 200); // so that none waits
        }
        submit("training");
        requireWell();
        noTaskManager();
        brokerAway();
        awaitStatus("recovery", run -> run.exitCode() == 0);
        watched();
        reported();
        masking.cancel();
        assertThat(awaitStatus("end of masking", run -> run.exitCode() == 1).out())
                .contains(
                        "the masking job has ended (CANCELED)",
                        "kiln submit masking --from latest");
    }

    private void requireWell() throws Exception {
        CommandRun well =
                awaitStatus(
                        "a version, and all images masked",
                        r ->
                                r.exitCode() == 0
                                        && r.out().contains("event v")
                                        && r.out().contains(" 0 images to be masked, "));
        assertThat(well.out())
                .contains(
                        "masking       RUNNING",
                        "training      RUNNING",
                        "Flink checkpoint ",
                        " images/s, waits for batches in ",
                        " loss ",
                        "dead letters  1 in the last hour: ",
                        "artifacts ",
                        "all is well")
                .doesNotContain("WRONG");
        JsonNode json =
                new ObjectMapper().readTree(CommandRun.of(settings, "status", "--json").out());
        assertThat(json.path("well").isBoolean()).isTrue();
        assertThat(json.path("run").asText()).isEqualTo("status");
        assertThat(json.at("/jobs/1/checkpoint/bytes").asLong()).isPositive();
        assertThat(json.at("/stream/imagesInLastHour").asLong()).isEqualTo(IMAGES + 1);
        assertThat(json.at("/stream/masking/records").asLong()).isZero();
        assertThat(json.at("/learning/rate/waitShare").asDouble()).isBetween(0.0, 1.0);
        assertThat(json.at("/learning/lastStep").asText()).startsWith("20").endsWith("Z");
    }

    private void noTaskManager() {
        deployment.flink().taskManagers().stream()
                .filter(ManagedProcess::isAlive)
                .forEach(ManagedProcess::kill);
        CommandRun gone =
                awaitStatus("the death of all", run -> run.out().contains("no task manager is"));
        assertThat(gone.exitCode()).isEqualTo(1);
        assertThat(gone.out())
                .contains("; 2 jobs wait for one", "start a task manager")
                .containsOnlyOnce("WRONG");
        deployment.replaceKilledTaskManagers();
        awaitStatus("all is well again", run -> !run.out().contains("task manager is"));
    }

    private void brokerAway() {
        deployment.broker().process().kill();
        try {
            CommandRun away = CommandRun.of(settings, "status");
            assertThat(away.exitCode()).isEqualTo(1);
            assertThat(away.out())
                    .contains(
                            "WRONG         no Kafka broker answered at "
                                    + deployment.broker().bootstrapServers()
                                    + " within 3 s",
                            "waiting       unknown");
        } finally {
            deployment.broker().restart();
        }
    }

    /** Shown again and again, until somebody asks it to end. */
    private void watched() throws Exception {
        List<String> arguments = new ArrayList<>(List.of("status", "--watch"));
        arguments.addAll(settings.arguments());
        Launcher.Running watch = new Launcher(folder).start(arguments.toArray(String[]::new));
        try {
            Awaitility.await("two looks")
                    .atMost(TIMEOUT)
                    .until(() -> Files.readString(watch.out()).split("throughput ", -1).length > 2);
        } finally {
            watch.process().destroy();
        }
        Launcher.Result ended = watch.await(Duration.ofMinutes(1));
        assertThat(ended.exitCode()).isEqualTo(128 + 15);
        assertThat(ended.complaints()).isEmpty();
        assertThat(ended.out()).contains("training      RUNNING").doesNotContain("\u001b[");
    }

    /** A page and event files of the run, and of none that there is not. */
    private void reported() throws Exception {
        Path page = folder.resolve("report.html");
        Path logs = folder.resolve("logs");
        CommandRun report =
                CommandRun.of(
                        settings,
                        "report",
                        "--out",
                        page.toString(),
                        "--tensorboard",
                        logs.toString());
        assertThat(report.exitCode()).as(report.err()).isZero();
        String run = settings.config().model().name() + "/status";
        assertThat(page)
                .content()
                .contains(
                        "<h1>Kiln: " + run + "</h1>",
                        "<polyline class=\"smooth run0\"",
                        "data:image/png;base64,",
                        "<td>v1</td>",
                        "broken.jpg",
                        "<tr class=\"changed\"><td><code>masking.views</code>");
        assertThat(logs.resolve(run)).isDirectoryContaining("glob:**tfevents*");
        String good = Files.readString(page);
        CommandRun none =
                CommandRun.of(
                        settings,
                        "report",
                        "--out",
                        page.toString(),
                        "--run",
                        "status",
                        "--run",
                        "none");
        assertThat(none.exitCode()).isEqualTo(1);
        assertThat(none.err()).contains("there is no run ", "the runs that took steps are " + run);
        assertThat(page).hasContent(good);
    }

    @Test
    void aStarvingTrainerIsTold(FaultDeployment shared) throws Exception {
        run(shared, "starving", "masking.batchSize=1", "masking.flushAfter=100ms");
        submit("masking");
        submit("training");
        for (int i = 0; i < 12; i++) { // one image after the other, with pauses between
            Path picture = FaultInput.write(folder.resolve("picture-" + i), i, i + 1);
            assertThat(CommandRun.of(settings, "ingest", picture.toString()).exitCode()).isZero();
        }
        CommandRun starving = awaitStatus("starvation", run -> run.out().contains("starves"));
        assertThat(starving.exitCode()).isEqualTo(1);
        assertThat(starving.out())
                .contains("the trainer starves: it waits for batches in ", "send images faster");
    }

    @Test
    void aRestartLoopIsToldWithItsRootCause(FaultDeployment shared) throws Exception {
        run(shared, "loop");
        submit("masking");
        submit("training"); // before it has anything to publish: submit would tell of the loop
        Path artifacts = deployment.artifacts(settings.config());
        Files.createDirectories(artifacts.getParent());
        Files.writeString(artifacts, "in the way");
        try {
            deployment.ingest(settings, FaultInput.write(folder.resolve("pictures"), 0, IMAGES));
            CommandRun loop =
                    awaitStatus("a loop", run -> run.out().contains("restarts again and again"));
            assertThat(loop.exitCode()).isEqualTo(1);
            assertThat(loop.out())
                    .contains("the training job restarts again and again, ", artifacts.toString());
        } finally {
            Files.delete(artifacts);
        }
    }

    /** On a small disk of its own, which the test fills and empties again. */
    @Test
    void aFullDiskIsToldWithItsFolder(FaultDeployment shared) throws Exception {
        assumeTrue(SmallDisk.isAllowed(), "mounting needs Linux and the privilege");
        Path artifacts = Files.createDirectory(folder.resolve("artifacts"));
        run(
                shared,
                "full",
                "checkpoints.artifacts=" + FolderUri.of(artifacts),
                "checkpoints.keepLast=1",
                "masking.views=60");
        try (SmallDisk disk = SmallDisk.over(artifacts, "size=256m")) {
            submit("masking");
            submit("training");
            Path pictures = FaultInput.write(folder.resolve("pictures"), 0, IMAGES);
            deployment.ingest(settings, pictures);
            awaitStatus("all is well", run -> run.exitCode() == 0);
            Path ballast = disk.fill();
            CommandRun full = awaitStatus("a loop", run -> run.out().contains("again and again"));
            assertThat(full.exitCode()).isEqualTo(1);
            assertThat(full.out())
                    .contains(
                            "the disk of " + artifacts + " is nearly full: ",
                            " of 268 MB are free",
                            "make room, or keep fewer versions (checkpoints.keepLast",
                            "the training job restarts again and again, ",
                            "No space left on device");
            Files.delete(ballast);
            awaitStatus(
                    "room and training",
                    run ->
                            !run.out().contains("nearly full")
                                    && run.out().contains("training      RUNNING, 1 of 1 tasks"));
            targets.forEach(Target::cancel); // before the disk goes
        }
    }
}
