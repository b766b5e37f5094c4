package io.kiln.training.job;

import static io.kiln.training.job.TrainingBench.requireSameWeights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.checkpoints.Artifacts;
import io.kiln.config.KilnConfig;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.EncoderWeights;
import io.kiln.schemas.TrainingStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole job on a mini cluster, with a real broker and a real registry. */
@Timeout(240)
class TrainingJobIT {
    private static final int BATCHES = 300;

    @TempDir static Path directory;

    private static TrainingBench bench;

    @BeforeAll
    static void start() {
        bench = new TrainingBench(directory, BATCHES);
    }

    private static KilnConfig run(String name, String... more) {
        List<String> overrides = new ArrayList<>(List.of(more));
        overrides.addAll(
                List.of(
                        "checkpoints.everySteps=20",
                        "checkpoints.keepLast=2",
                        "checkpoints.keepEvery=3"));
        return bench.run(name, overrides.toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource({
        "average=none, RAW",
        "average=ema, EMA",
        "average=merge, MERGED",
        "anneal.steps=10, ANNEALED"
    })
    void failedJobRecoversAndEndsWithTheSameWeightsBitForBit(
            String setting, EncoderWeights published) throws Exception {
        String weights = "training." + setting;
        String often = "training.merge.everySteps=7";
        KilnConfig alone = run("undisturbed-" + published, weights, often);
        KilnConfig failing = run("failing-" + published, weights, often);
        List<CheckpointEvent> undisturbed = bench.train(alone, 0);
        List<CheckpointEvent> recovered = bench.train(failing, 20);

        requireSameWeights(recovered, undisturbed);
        assertThat(recovered).extracting(CheckpointEvent::getWeights).containsOnly(published);
        assertThat(bench.losses(failing)).containsExactlyElementsOf(bench.losses(alone));
        for (List<CheckpointEvent> events : List.of(undisturbed, recovered)) {
            requireEachVersionOnceAndItsFilesUnlessRetired(events);
        }
    }

    /** The second one begins at the beginning, as nobody gave it a checkpoint. */
    @Test
    void secondTrainerOfARunIsRefusedForGoodAndTheFirstTrainsOnEachBatchOnce() throws Exception {
        KilnConfig twice = run("twice");
        try (MiniCluster cluster = TrainingBench.cluster()) {
            JobID first = TrainingBench.submit(cluster, twice);
            bench.awaitSteps(twice, 20);
            JobID second = TrainingBench.submit(cluster, twice);
            assertThat(TrainingBench.end(cluster, second))
                    .contains("is further than the state that this job starts with")
                    .contains("kiln submit training --from latest");
            bench.awaitSteps(twice, BATCHES);
            requireNeverFailed(cluster, first);
            cluster.cancelJob(first).get();
        }
        requireEachBatchOnce(bench.steps(twice), BATCHES);
    }

    /** Its sinks would abort the transactions of the first one, and so restart it. */
    @Test
    void secondTrainerFromAnOlderStateIsRefusedForGoodAndTheFirstNeverFails() throws Exception {
        TrainingBench growing = new TrainingBench(directory, 60, 1);
        KilnConfig older = growing.run("older");
        try (MiniCluster cluster = TrainingBench.cluster()) {
            JobID first = TrainingBench.submit(cluster, older);
            growing.send(0, 20);
            growing.awaitSteps(older, 20);
            String state = savepoint(cluster, first);
            growing.send(20, 40);
            growing.awaitSteps(older, 40);
            JobID second = TrainingBench.submit(cluster, older, state);
            assertThat(TrainingBench.end(cluster, second))
                    .contains("is further than the state that this job starts with");
            growing.send(40, 60);
            growing.awaitSteps(older, 60);
            requireNeverFailed(cluster, first);
            cluster.cancelJob(first).get();
        }
        requireEachBatchOnce(growing.steps(older), 60);
    }

    /** The earlier one, whose transactions the later one's sinks abort, must not take it back. */
    @Test
    void secondTrainerFromTheSameStateTakesTheRunAndTheFirstEndsForGood() throws Exception {
        KilnConfig taken = run("taken");
        try (MiniCluster cluster = TrainingBench.cluster()) {
            JobID begun = TrainingBench.submit(cluster, taken);
            bench.awaitSteps(taken, 20);
            String folder = directory.resolve("savepoints").toUri().toString();
            String state =
                    cluster.stopWithSavepoint(begun, folder, false, SavepointFormatType.CANONICAL)
                            .get();
            JobID first = TrainingBench.submit(cluster, taken, state);
            JobID second = TrainingBench.submit(cluster, taken, state);
            await().atMost(Duration.ofSeconds(120))
                    .until(
                            () ->
                                    cluster.getJobStatus(first).get() == JobStatus.FAILED
                                            || cluster.getJobStatus(second).get()
                                                    == JobStatus.FAILED);
            boolean firstEnded = cluster.getJobStatus(first).get() == JobStatus.FAILED;
            assertThat(TrainingBench.end(cluster, firstEnded ? first : second))
                    .containsAnyOf(
                            "another trainer of run", "is further than the state that this job");
            bench.awaitSteps(taken, BATCHES);
            cluster.cancelJob(firstEnded ? second : first).get();
        }
        requireEachBatchOnce(bench.steps(taken), BATCHES);
    }

    private static String savepoint(MiniCluster cluster, JobID job) throws Exception {
        String folder = directory.resolve("savepoints").toUri().toString();
        return cluster.triggerSavepoint(job, folder, false, SavepointFormatType.CANONICAL).get();
    }

    private static void requireNeverFailed(MiniCluster cluster, JobID job) throws Exception {
        assertThat(cluster.getExecutionGraphInfo(job).get().getExceptionHistory())
                .as("failures of the first trainer")
                .isEmpty();
    }

    private static void requireEachBatchOnce(List<TrainingStep> steps, int batches) {
        assertThat(steps)
                .extracting(TrainingStep::getBatchId)
                .containsExactlyElementsOf(
                        IntStream.range(0, batches).mapToObj(i -> "batch-" + i).toList());
    }

    private static void requireEachVersionOnceAndItsFilesUnlessRetired(List<CheckpointEvent> events)
            throws Exception {
        List<Long> versions = versions(events, CheckpointStatus.CANDIDATE);
        List<Long> retired = versions(events, CheckpointStatus.RETIRED);
        assertThat(versions)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, versions.size()).boxed().toList());
        assertThat(retired)
                .isSubsetOf(versions)
                .doesNotHaveDuplicates()
                .contains(1L)
                .allMatch(version -> version % 3 != 0 && version <= versions.size() - 2);
        for (CheckpointEvent event : events) {
            for (CheckpointFile file : event.getFiles()) {
                if (!retired.contains(event.getVersion())) {
                    Artifacts.verify(file);
                }
            }
        }
        CheckpointEvent first = events.get(0);
        Path gone = Path.of(java.net.URI.create(first.getFiles().get(0).getUri())).getParent();
        assertThat(gone).as("files of version 1, retired").doesNotExist();
    }

    private static List<Long> versions(List<CheckpointEvent> events, CheckpointStatus status) {
        return events.stream()
                .filter(event -> event.getStatus() == status)
                .map(CheckpointEvent::getVersion)
                .toList();
    }
}
