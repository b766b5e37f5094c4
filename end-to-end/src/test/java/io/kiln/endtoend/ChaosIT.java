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

/**
 * Faults drawn from a seed, one after the other, under both jobs at once. Three as it is, many with
 * -Dkiln.chaos.faults=50 -Dkiln.chaos.seed=6. The schedule goes to target/chaos.txt as it happens.
 */
class ChaosIT {
    private static final int FAULTS = Integer.getInteger("kiln.chaos.faults", 3);
    private static final long SEED = Long.getLong("kiln.chaos.seed", 1);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int VIEWS = 24;
    private static final int PICTURES_AT_ONCE = 40;
    private static final int ENOUGH_BATCHES = 200;
    private static final int MOST_STEPS_BETWEEN = 25;

    private static final List<Fault> OF_BOTH =
            List.of(
                    Fault.WORKER_KILLED,
                    Fault.WORKER_FROZEN,
                    Fault.STOPPED_WITH_SAVEPOINT,
                    Fault.RESUBMITTED);

    private final Path folder = Path.of("target", "chaos").toAbsolutePath(); // logs stay
    private int pictures;

    @Test
    void manyFaultsChangeNothing() throws Exception {
        try (FaultDeployment deployment = FaultDeployment.start(folder)) {
            FaultDeployment.Settings settings = settings(deployment, "chaos", 1);
            feed(deployment, settings);
            Target masking = Target.submit(deployment, "masking", settings);
            Target training = Target.submit(deployment, "training", settings);
            try (TrainedRun run = new TrainedRun(settings.config());
                    Tail<String> batches = Proof.batches(settings.config())) {
                run.awaitVersionOfAny(PATIENCE);
                List<Fault> faults = Fault.anywhere();
                Random random = new Random(SEED);
                note("seed " + SEED);
                for (int i = 1; i <= FAULTS; i++) {
                    int taken = run.steps().size();
                    if (batches.all().size() - taken < ENOUGH_BATCHES) {
                        feed(deployment, settings);
                    }
                    Fault fault = faults.get(random.nextInt(faults.size()));
                    boolean ofMasking = random.nextBoolean() && OF_BOTH.contains(fault);
                    int parallelism = 1 + random.nextInt(2);
                    int steps = 1 + random.nextInt(MOST_STEPS_BETWEEN);
                    masking.settings(settings(deployment, "chaos", parallelism));
                    run.awaitSteps(taken + steps, PATIENCE);
                    double seconds = (ofMasking ? masking : training).suffer(fault);
                    deployment.replaceTheDead();
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
                int expected = Proof.expectedBatches(settings.config());
                batches.await("batches", PATIENCE, all -> all.size() >= expected);
                run.awaitSteps(expected, PATIENCE);
                run.awaitVersionOf(expected, PATIENCE);
                masking.cancel();
                training.cancel();
                compare(deployment, settings, run, batches.all());
            }
        }
    }

    private void feed(FaultDeployment deployment, FaultDeployment.Settings settings)
            throws Exception {
        Path next = folder.resolve("pictures-" + pictures);
        deployment.ingest(settings, FaultInput.write(next, pictures, pictures + PICTURES_AT_ONCE));
        pictures += PICTURES_AT_ONCE;
    }

    /** Masks the same images and trains on the same batches once more, undisturbed. */
    private static void compare(
            FaultDeployment deployment,
            FaultDeployment.Settings settings,
            TrainedRun run,
            List<String> batches)
            throws Exception {
        FaultDeployment.Settings remasked =
                deployment.settings(
                        "masking.views=" + VIEWS,
                        "topics.sparseBatches=again.batches",
                        "topics.deadLetters=again.dead");
        Target masking = Target.submit(deployment, "masking", remasked);
        try (Tail<String> again = Proof.batches(remasked.config())) {
            assertThat(again.await("batches", PATIENCE, all -> all.size() >= batches.size()))
                    .containsExactlyInAnyOrderElementsOf(batches);
        }
        masking.cancel();
        FaultDeployment.Settings undisturbed =
                deployment.settings(
                        "masking.views=" + VIEWS,
                        "training.runId=undisturbed",
                        "topics.trainingSteps=undisturbed.steps",
                        "topics.checkpoints=undisturbed.checkpoints");
        Target training = Target.submit(deployment, "training", undisturbed);
        try (TrainedRun reference = new TrainedRun(undisturbed.config())) {
            reference.awaitSteps(batches.size(), PATIENCE.multipliedBy(3));
            reference.awaitVersionOf(batches.size(), PATIENCE);
            training.cancel();
            Proof.assertEqual(run, reference, settings.config());
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
