package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Injects random faults, one after the other, while both jobs run. Injects three by default, more
 * with -Dkiln.chaos.faults=50 -Dkiln.chaos.seed=6. Logs the schedule to target/chaos.txt.
 */
@ExtendWith(SharedDeployment.class)
class ChaosIT {
    private static final int FAULTS = Integer.getInteger("kiln.chaos.faults", 3);
    private static final long SEED = Long.getLong("kiln.chaos.seed", 1);
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final int VIEWS = 24;
    private static final int PICTURES_PER_INGEST = 40;
    private static final int MIN_WAITING_BATCHES = 200;
    private static final int MAX_STEPS_BETWEEN = 25;

    private static final List<Fault> FAULTS_OF_BOTH_JOBS =
            List.of(
                    Fault.WORKER_KILLED,
                    Fault.WORKER_FROZEN,
                    Fault.STOPPED_WITH_SAVEPOINT,
                    Fault.RESUBMITTED,
                    Fault.UPGRADED_IN_PLACE);

    /** One of the faults alone; empty for all. */
    private static final String CHOICE = System.getProperty("kiln.chaos.choice", "");

    @TempDir private Path folder;

    private int pictures;

    @Test
    void manyFaultsChangeNothing(FaultDeployment deployment) throws Exception {
        deployment.awaitIdle();
        FaultDeployment.Settings settings = settings(deployment, "chaos", 1);
        feed(deployment, settings);
        Target masking = Target.submit(deployment, "masking", settings);
        Target training = Target.submit(deployment, "training", settings);
        try (TrainedRun run = new TrainedRun(settings.config());
                TopicFollower<String> batches = RunAssertions.batches(settings.config())) {
            run.awaitFirstVersion(TIMEOUT);
            List<Fault> faults =
                    CHOICE.isEmpty() ? Fault.anywhere() : List.of(Fault.valueOf(CHOICE));
            Random random = new Random(SEED);
            note("seed " + SEED);
            for (int i = 1; i <= FAULTS; i++) {
                int taken = run.steps().size();
                if (batches.all().size() - taken < MIN_WAITING_BATCHES) {
                    feed(deployment, settings);
                }
                Fault fault = faults.get(random.nextInt(faults.size()));
                boolean ofMasking = random.nextBoolean() && FAULTS_OF_BOTH_JOBS.contains(fault);
                int parallelism = 1 + random.nextInt(2);
                int steps = 1 + random.nextInt(MAX_STEPS_BETWEEN);
                masking.settings(settings(deployment, "chaos", parallelism));
                run.awaitSteps(taken + steps, TIMEOUT);
                double seconds = (ofMasking ? masking : training).inject(fault);
                deployment.replaceKilledTaskManagers();
                note(
                        String.format(
                                Locale.ROOT,
                                "%d: %s, %s, after %d steps; checkpoint after %.1f s",
                                i,
                                ofMasking ? "masking" : "training",
                                fault.title(),
                                taken + steps,
                                seconds));
            }
            int expected = RunAssertions.expectedBatches(settings.config());
            batches.await("batches", TIMEOUT, all -> all.size() >= expected);
            run.awaitSteps(expected, TIMEOUT);
            run.awaitVersionOf(expected, TIMEOUT);
            masking.cancel();
            training.cancel();
            compare(deployment, settings, run, batches.all());
        }
    }

    private void feed(FaultDeployment deployment, FaultDeployment.Settings settings)
            throws Exception {
        Path next = folder.resolve("pictures-" + pictures);
        deployment.ingest(
                settings, FaultInput.write(next, pictures, pictures + PICTURES_PER_INGEST));
        pictures += PICTURES_PER_INGEST;
    }

    /** Masks the same images and trains on the same batches again, undisturbed. */
    private static void compare(
            FaultDeployment deployment,
            FaultDeployment.Settings settings,
            TrainedRun run,
            List<String> batches)
            throws Exception {
        FaultDeployment.Settings remasked =
                deployment.settings(
                        "chaos",
                        "masking.views=" + VIEWS,
                        "topics.sparseBatches=chaos.again.batches",
                        "topics.deadLetters=chaos.again.dlq");
        Target masking = Target.submit(deployment, "masking", remasked);
        try (TopicFollower<String> again = RunAssertions.batches(remasked.config())) {
            assertThat(again.await("batches", TIMEOUT, all -> all.size() >= batches.size()))
                    .containsExactlyInAnyOrderElementsOf(batches);
        }
        masking.cancel();
        FaultDeployment.Settings undisturbed =
                deployment.settings(
                        "chaos",
                        "masking.views=" + VIEWS,
                        "training.runId=chaos-undisturbed",
                        "topics.trainingSteps=chaos.undisturbed.steps",
                        "topics.checkpoints=chaos.undisturbed.checkpoints");
        Target training = Target.submit(deployment, "training", undisturbed);
        try (TrainedRun reference = new TrainedRun(undisturbed.config())) {
            reference.awaitSteps(batches.size(), TIMEOUT.multipliedBy(3));
            reference.awaitVersionOf(batches.size(), TIMEOUT);
            training.cancel();
            RunAssertions.assertEqual(run, reference, settings.config());
            note(
                    String.format(
                            Locale.ROOT,
                            "%d faults, %d batches, %d versions: equal; final weights %s",
                            FAULTS,
                            batches.size(),
                            run.versions().size(),
                            run.last().digests()));
        }
    }

    private static FaultDeployment.Settings settings(
            FaultDeployment deployment, String runId, int maskingParallelism) {
        return deployment.settings(
                "chaos",
                "masking.views=" + VIEWS,
                "training.runId=" + runId,
                "flink.maskingParallelism=" + maskingParallelism);
    }

    private static void note(String line) throws IOException {
        System.out.println(line);
        Files.writeString(
                Path.of("target", "chaos.txt"),
                line + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }
}
