package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Injects faults while jobs mask and train, and compares the results with those of an undisturbed
 * run. Injects two faults by default, all with -Dkiln.faults=all, some with
 * -Dkiln.faults=DISK_FULL,WORKER_KILLED, and each three times with -Dkiln.faults.runs=3. With
 * -Dkiln.faults.drift=true the runs replay old images and publish the average of the weights.
 */
@ExtendWith(SharedDeployment.class)
class FaultsIT {
    private static final String CHOICE = System.getProperty("kiln.faults", "few");
    private static final boolean FEW = CHOICE.equals("few");
    private static final int RUNS = Integer.getInteger("kiln.faults.runs", 1);
    private static final int IMAGES = 64;
    private static final boolean DRIFT = Boolean.getBoolean("kiln.faults.drift");
    private static final int VIEWS = (FEW ? 12 : 24) / (DRIFT ? 2 : 1);
    private static final Duration TIMEOUT = Patience.ofMinutes(2);

    /** Faults that apply to masking; the others need the checkpoints of a trainer. */
    private static final Set<Fault> MASKING_FAULTS =
            EnumSet.of(
                    Fault.WORKER_KILLED,
                    Fault.JOB_MANAGER_KILLED,
                    Fault.BROKER_KILLED,
                    Fault.STOPPED_WITH_SAVEPOINT,
                    Fault.UPGRADED);

    private static final Set<Fault> DEFAULT_TRAINING_FAULTS =
            EnumSet.of(Fault.WORKER_KILLED, Fault.KILLED_BETWEEN_COMMIT_AND_NOTIFICATION);

    private static final FaultTable TABLE = new FaultTable();

    @TempDir private static Path folder;

    private static FaultDeployment deployment;
    private static TrainedRun reference;
    private static Set<String> batches;

    @BeforeAll
    static void runOnceUndisturbed(FaultDeployment shared) throws Exception {
        deployment = shared;
        deployment.awaitIdle();
        FaultDeployment.Settings settings = trainingRun("undisturbed");
        deployment.ingest(settings, FaultInput.write(folder.resolve("pictures"), 0, IMAGES));
        Target masking = Target.submit(deployment, "masking", settings);
        Target training = Target.submit(deployment, "training", settings);
        int expected = RunAssertions.expectedBatches(settings.config());
        try (TopicFollower<String> made = RunAssertions.batches(settings.config())) {
            batches = new HashSet<>(made.await("batches", TIMEOUT, all -> all.size() >= expected));
        }
        masking.cancel();
        reference = new TrainedRun(settings.config());
        reference.awaitSteps(batches.size(), TIMEOUT);
        reference.awaitVersionOf(batches.size(), TIMEOUT);
        training.cancel();
        assertThat(reference.steps()).hasSize(batches.size());
        RunAssertions.assertClean(settings.config());
    }

    @AfterAll
    static void stop() throws Exception {
        if (!TABLE.isEmpty()) {
            System.out.println(TABLE.markdown());
            Files.writeString(Path.of("target", "faults.md"), TABLE.markdown());
        }
        if (reference != null) {
            reference.close();
        }
    }

    static Stream<Arguments> trainingFaults() {
        return each(FEW ? DEFAULT_TRAINING_FAULTS : chosen(Fault.ofOneTrainer()));
    }

    static Stream<Arguments> maskingFaults() {
        return each(FEW ? EnumSet.noneOf(Fault.class) : chosen(MASKING_FAULTS));
    }

    private static Set<Fault> chosen(Set<Fault> possible) {
        if (CHOICE.equals("all")) {
            return possible;
        }
        return Stream.of(CHOICE.split(","))
                .map(Fault::valueOf)
                .filter(possible::contains)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Fault.class)));
    }

    private static Stream<Arguments> each(Set<Fault> faults) {
        return faults.stream()
                .flatMap(
                        fault ->
                                IntStream.rangeClosed(1, RUNS)
                                        .mapToObj(run -> Arguments.of(fault, run)));
    }

    @ParameterizedTest(name = "{0}, run {1}")
    @MethodSource("trainingFaults")
    void trainingEndsWithTheSameWeights(Fault fault, int run) throws Exception {
        assumeThat(fault.isPossible()).as("this fault can be injected here").isTrue();
        FaultDeployment.Settings settings = trainingRun("training-" + number(fault) + "-" + run);
        deployment.awaitIdle();
        Target training = Target.submit(deployment, "training", settings, fault);
        try (TrainedRun disturbed = new TrainedRun(settings.config())) {
            int before = atMost(batches.size() / 8, run * 31L + number(fault));
            disturbed.awaitSteps(before, TIMEOUT);
            disturbed.awaitFirstVersion(TIMEOUT);
            assertThat(disturbed.steps().size())
                    .as("training has not ended")
                    .isLessThan(batches.size());
            double seconds = training.inject(fault);
            disturbed.awaitSteps(batches.size(), TIMEOUT);
            disturbed.awaitVersionOf(batches.size(), TIMEOUT);
            training.cancel();
            boolean equal =
                    disturbed.steps().equals(reference.steps())
                            && disturbed.last().digests().equals(reference.last().digests());
            TABLE.add(
                    "training: " + fault.title(),
                    new FaultTable.Outcome(
                            disturbed.lost(reference), disturbed.duplicated(), equal, seconds));
            training.pendingCheckpoint()
                    .ifPresent(
                            checkpoint ->
                                    assertThat(disturbed.versions())
                                            .as(
                                                    "the checkpoint that was committed but not visible yet")
                                            .extracting(TrainedRun.Version::flinkCheckpoint)
                                            .contains(checkpoint));
            RunAssertions.assertEqual(disturbed, reference, settings.config());
        }
    }

    @ParameterizedTest(name = "{0}, run {1}", allowZeroInvocations = true)
    @MethodSource("maskingFaults")
    void maskingMakesTheSameBatches(Fault fault, int run) throws Exception {
        assumeThat(fault.isPossible()).as("this fault can be injected here").isTrue();
        String name = "masking-" + number(fault) + "-" + run;
        FaultDeployment.Settings settings = maskingRun(name, 1);
        deployment.awaitIdle();
        Target masking = Target.submit(deployment, "masking", settings, fault);
        masking.settings(maskingRun(name, 2)); // a resubmission has a higher parallelism
        try (TopicFollower<String> made = RunAssertions.batches(settings.config())) {
            made.await("first batches", TIMEOUT, all -> all.size() >= batches.size() / 8);
            assertThat(made.all().size()).as("masking has not ended").isLessThan(batches.size());
            double seconds = masking.inject(fault);
            List<String> all =
                    made.await("batches", TIMEOUT, found -> found.size() >= batches.size());
            masking.cancel();
            Set<String> distinct = new HashSet<>(all);
            Set<String> missing = new HashSet<>(batches);
            missing.removeAll(distinct);
            TABLE.add(
                    "masking: " + fault.title(),
                    new FaultTable.Outcome(
                            missing.size(),
                            all.size() - distinct.size(),
                            distinct.equals(batches),
                            seconds));
            assertThat(all).containsExactlyInAnyOrderElementsOf(batches);
            RunAssertions.assertClean(settings.config());
        }
    }

    private static int number(Fault fault) {
        return List.of(Fault.values()).indexOf(fault) + 1;
    }

    private static int atMost(int bound, long seed) {
        return 1 + new Random(seed).nextInt(bound);
    }

    private static FaultDeployment.Settings trainingRun(String name) {
        return settings(
                "training.runId=" + name,
                "topics.trainingSteps=" + name + ".steps",
                "topics.checkpoints=" + name + ".checkpoints");
    }

    private static FaultDeployment.Settings maskingRun(String name, int parallelism) {
        return settings(
                "flink.maskingParallelism=" + parallelism,
                "topics.sparseBatches=" + name + ".batches",
                "topics.deadLetters=" + name + ".dead",
                "topics.trainingSteps=" + name + ".steps",
                "topics.checkpoints=" + name + ".checkpoints");
    }

    private static FaultDeployment.Settings settings(String... more) {
        List<String> overrides = new ArrayList<>(List.of(more));
        overrides.add("masking.views=" + VIEWS);
        if (DRIFT) {
            overrides.add("masking.replay.size=12");
            overrides.add("masking.replay.policy=diverse");
            overrides.add("training.average=ema");
            overrides.add("training.ema.decay=0.9");
            overrides.add("training.ema.everySteps=3");
        }
        return deployment.settings("faults", overrides.toArray(String[]::new));
    }
}
