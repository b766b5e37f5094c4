package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Processes are killed, frozen and cut off while they mask and train; afterwards everything must be
 * as if nothing had happened. Two faults as it is, every one with -Dkiln.faults=all, some with
 * -Dkiln.faults=DISK_FULL,WORKER_KILLED, each of them three times with -Dkiln.faults.runs=3.
 */
class FaultsIT {
    private static final String CHOICE = System.getProperty("kiln.faults", "few");
    private static final boolean FEW = CHOICE.equals("few");
    private static final int RUNS = Integer.getInteger("kiln.faults.runs", 1);
    private static final int IMAGES = 64;
    private static final int VIEWS = FEW ? 12 : 24;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** What masking can suffer; the others need a trainer's checkpoints. */
    private static final Set<Fault> OF_MASKING =
            EnumSet.of(
                    Fault.WORKER_KILLED,
                    Fault.JOB_MANAGER_KILLED,
                    Fault.BROKER_KILLED,
                    Fault.STOPPED_WITH_SAVEPOINT,
                    Fault.UPGRADED);

    private static final Set<Fault> OF_TRAINING_ALWAYS =
            EnumSet.of(Fault.WORKER_KILLED, Fault.KILLED_BETWEEN_COMMIT_AND_NOTIFICATION);

    private static final FaultTable TABLE = new FaultTable();

    @TempDir private static Path folder;

    private static FaultDeployment deployment;
    private static TrainedRun reference;
    private static Set<String> batches;

    @BeforeAll
    static void runOnceUndisturbed() throws Exception {
        deployment = FaultDeployment.start(folder);
        FaultDeployment.Settings settings = trainingRun("undisturbed");
        deployment.ingest(settings, FaultInput.write(folder.resolve("pictures"), 0, IMAGES));
        Target masking = Target.submit(deployment, "masking", settings);
        Target training = Target.submit(deployment, "training", settings);
        int expected = Proof.expectedBatches(settings.config());
        try (Tail<String> made = Proof.batches(settings.config())) {
            batches = new HashSet<>(made.await("batches", PATIENCE, all -> all.size() >= expected));
        }
        masking.cancel();
        reference = new TrainedRun(settings.config());
        reference.awaitSteps(batches.size(), PATIENCE);
        reference.awaitVersionOf(batches.size(), PATIENCE);
        training.cancel();
        assertThat(reference.steps()).hasSize(batches.size());
        Proof.assertClean(settings.config());
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
        if (deployment != null) {
            deployment.close();
        }
    }

    static Stream<Arguments> trainingFaults() {
        return each(FEW ? OF_TRAINING_ALWAYS : chosen(EnumSet.allOf(Fault.class)));
    }

    static Stream<Arguments> maskingFaults() {
        return each(FEW ? EnumSet.noneOf(Fault.class) : chosen(OF_MASKING));
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
        assumeThat(fault.isPossible()).as("what this fault needs is here").isTrue();
        FaultDeployment.Settings settings = trainingRun("training-" + number(fault) + "-" + run);
        deployment.awaitIdle();
        Target training = Target.submit(deployment, "training", settings, fault);
        try (TrainedRun disturbed = new TrainedRun(settings.config())) {
            int before = atMost(batches.size() / 8, run * 31L + number(fault));
            disturbed.awaitSteps(before, PATIENCE);
            disturbed.awaitVersionOfAny(PATIENCE);
            assertThat(disturbed.steps().size())
                    .as("training is not over yet")
                    .isLessThan(batches.size());
            double seconds = training.suffer(fault);
            disturbed.awaitSteps(batches.size(), PATIENCE);
            disturbed.awaitVersionOf(batches.size(), PATIENCE);
            training.cancel();
            boolean equal =
                    disturbed.steps().equals(reference.steps())
                            && disturbed.last().digests().equals(reference.last().digests());
            TABLE.add(
                    "training: " + fault.title(),
                    new FaultTable.Outcome(
                            disturbed.lost(reference), disturbed.duplicated(), equal, seconds));
            training.heldBack()
                    .ifPresent(
                            checkpoint ->
                                    assertThat(disturbed.versions())
                                            .as("what was committed, but not visible yet")
                                            .extracting(TrainedRun.Version::flinkCheckpoint)
                                            .contains(checkpoint));
            Proof.assertEqual(disturbed, reference, settings.config());
        }
    }

    @ParameterizedTest(name = "{0}, run {1}", allowZeroInvocations = true)
    @MethodSource("maskingFaults")
    void maskingMakesTheSameBatches(Fault fault, int run) throws Exception {
        assumeThat(fault.isPossible()).as("what this fault needs is here").isTrue();
        String name = "masking-" + number(fault) + "-" + run;
        FaultDeployment.Settings settings = maskingRun(name, 1);
        deployment.awaitIdle();
        Target masking = Target.submit(deployment, "masking", settings, fault);
        masking.settings(maskingRun(name, 2)); // if it is started again, then wider
        try (Tail<String> made = Proof.batches(settings.config())) {
            made.await("first batches", PATIENCE, all -> all.size() >= batches.size() / 8);
            assertThat(made.all().size()).as("masking is not over yet").isLessThan(batches.size());
            double seconds = masking.suffer(fault);
            List<String> all =
                    made.await("batches", PATIENCE, found -> found.size() >= batches.size());
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
            Proof.assertClean(settings.config());
        }
    }

    private static int number(Fault fault) {
        return List.of(Fault.values()).indexOf(fault) + 1;
    }

    private static int atMost(int bound, long seed) {
        return 1 + new Random(seed).nextInt(bound);
    }

    private static FaultDeployment.Settings trainingRun(String name) {
        return deployment.settings(
                "masking.views=" + VIEWS,
                "training.runId=" + name,
                "topics.trainingSteps=" + name + ".steps",
                "topics.checkpoints=" + name + ".checkpoints");
    }

    private static FaultDeployment.Settings maskingRun(String name, int parallelism) {
        return deployment.settings(
                "masking.views=" + VIEWS,
                "flink.maskingParallelism=" + parallelism,
                "topics.sparseBatches=" + name + ".batches",
                "topics.deadLetters=" + name + ".dead",
                "topics.trainingSteps=" + name + ".steps",
                "topics.checkpoints=" + name + ".checkpoints");
    }
}
