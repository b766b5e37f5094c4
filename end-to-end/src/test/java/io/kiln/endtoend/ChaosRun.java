package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Both jobs under faults, one after the other, and then once more undisturbed. Images are sent
 * whenever few batches wait. Logs the schedule to target/NAME.txt.
 */
final class ChaosRun implements AutoCloseable {
    /** How many faults a run injects; the build is content with three. */
    static final int FAULTS = Integer.getInteger("kiln.chaos.faults", 3);

    /** Draws the faults. */
    static final long SEED = Long.getLong("kiln.chaos.seed", 1);

    /** One of the faults alone; empty for all. */
    private static final String CHOICE = System.getProperty("kiln.chaos.choice", "");

    private static final Duration TIMEOUT = Patience.ofMinutes(5);
    private static final int PICTURES_PER_INGEST = 40;
    private static final int MIN_WAITING_BATCHES = 200;

    private final FaultDeployment deployment;
    private final Path folder;
    private final int side;
    private final String name;
    private final List<String> overrides;
    private final FaultDeployment.Settings settings;
    private final Target masking;
    private final Target training;
    private final TrainedRun run;
    private final TopicFollower<String> batches;
    private int pictures;
    private int injected;

    /**
     * Starts both jobs, and waits for the first version.
     *
     * @param folder for images
     * @param side of the images, in pixels; large ones keep masking busy
     * @param name of the run; its topics begin with it
     * @param overrides that the undisturbed run has too
     */
    ChaosRun(FaultDeployment deployment, Path folder, int side, String name, String... overrides)
            throws Exception {
        this.deployment = deployment;
        this.folder = folder;
        this.side = side;
        this.name = name;
        this.overrides = List.of(overrides);
        this.settings = settings("training.runId=" + name);
        feed();
        this.masking = Target.submit(deployment, "masking", settings);
        this.training = Target.submit(deployment, "training", settings);
        this.run = new TrainedRun(settings.config());
        this.batches = RunAssertions.batches(settings.config());
        run.awaitFirstVersion(TIMEOUT);
        note("seed " + SEED);
    }

    /** The faults to draw from: those that are possible, or the one that was chosen. */
    static List<Fault> faults(List<Fault> possible) {
        return CHOICE.isEmpty() ? possible : List.of(Fault.valueOf(CHOICE));
    }

    Target masking() {
        return masking;
    }

    Target training() {
        return training;
    }

    /** Sets what the later submissions of a job have besides the overrides of all. */
    void resubmitWith(Target target, String override) {
        target.settings(settings("training.runId=" + name, override));
    }

    private FaultDeployment.Settings settings(String... more) {
        List<String> all = new ArrayList<>(overrides);
        all.addAll(List.of(more));
        return deployment.settings(name, all.toArray(String[]::new));
    }

    private void feed() throws Exception {
        Path next = folder.resolve("pictures-" + pictures);
        deployment.ingest(
                settings, FaultInput.write(next, pictures, pictures + PICTURES_PER_INGEST, side));
        pictures += PICTURES_PER_INGEST;
    }

    /**
     * Injects a fault after some more steps.
     *
     * @param place where the fault strikes, for the log
     */
    void inject(Target target, Fault fault, int steps, String place) throws Exception {
        int taken = run.steps().size();
        if (batches.all().size() - taken < MIN_WAITING_BATCHES) {
            feed();
        }
        run.awaitSteps(taken + steps, TIMEOUT);
        double seconds = target.inject(fault);
        deployment.replaceKilledTaskManagers();
        injected++;
        note(
                String.format(
                        Locale.ROOT,
                        "%d: %s, %s, after %d steps; checkpoint after %.1f s",
                        injected,
                        place,
                        fault.title(),
                        taken + steps,
                        seconds));
    }

    /**
     * Waits until all batches are trained on, ends both jobs, and trains on the same batches again,
     * on one subtask and undisturbed.
     */
    void requireSameWeights() throws Exception {
        int trainers = settings.config().topics().trainers();
        int expected = RunAssertions.expectedBatches(settings.config());
        batches.await("batches", TIMEOUT, all -> all.size() >= expected);
        run.awaitSteps(expected, TIMEOUT);
        run.awaitVersionOf(expected / trainers, TIMEOUT);
        masking.cancel();
        training.cancel();
        FaultDeployment.Settings undisturbed =
                settings(
                        "training.runId=" + name + "-undisturbed",
                        "flink.trainingParallelism=1",
                        "topics.trainingSteps=" + name + ".undisturbed.steps",
                        "topics.checkpoints=" + name + ".undisturbed.checkpoints",
                        "topics.updates=" + name + ".undisturbed.updates");
        Target alone = Target.submit(deployment, "training", undisturbed);
        try (TrainedRun reference = new TrainedRun(undisturbed.config())) {
            reference.awaitSteps(expected, TIMEOUT.multipliedBy(3));
            reference.awaitVersionOf(expected / trainers, TIMEOUT);
            alone.cancel();
            RunAssertions.assertEqual(run, reference, settings.config());
        }
        note(
                String.format(
                        Locale.ROOT,
                        "%d faults, %d batches, %d versions: equal; final weights %s",
                        injected,
                        expected,
                        run.versions().size(),
                        run.last().digests()));
    }

    /** Masks the same images again, undisturbed. */
    void requireSameBatches() throws Exception {
        FaultDeployment.Settings remasked =
                settings(
                        "topics.sparseBatches=" + name + ".again.batches",
                        "topics.deadLetters=" + name + ".again.dlq");
        Target again = Target.submit(deployment, "masking", remasked);
        List<String> made = batches.all();
        try (TopicFollower<String> same = RunAssertions.batches(remasked.config())) {
            assertThat(same.await("batches", TIMEOUT, all -> all.size() >= made.size()))
                    .containsExactlyInAnyOrderElementsOf(made);
        }
        again.cancel();
    }

    private void note(String line) throws IOException {
        System.out.println(line);
        Files.writeString(
                Path.of("target", name + ".txt"),
                line + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    @Override
    public void close() {
        run.close();
        batches.close();
    }
}
