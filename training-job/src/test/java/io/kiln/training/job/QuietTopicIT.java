package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.TrainingStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.IntStream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nothing comes for so long that retention deletes all batches. The last offset is that of the
 * marker that ended the last transaction, which is no batch that was lost.
 */
@Timeout(240)
class QuietTopicIT {
    private static final int BATCHES = 8;

    @TempDir private Path directory;

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aRunGoesOnAfterAllThatItWasTrainedOnHasBeenDeleted(int trainers) throws Exception {
        TrainingBench bench = new TrainingBench(directory, 2 * BATCHES, trainers);
        KilnConfig config =
                bench.run(
                        "quiet",
                        "topics.trainers=" + trainers,
                        "topics.partitionsPerTrainer=1",
                        "training.round.steps=2");
        bench.sendInATransaction(0, BATCHES);
        try (MiniCluster cluster = TrainingBench.cluster()) {
            JobID job = TrainingBench.submit(cluster, config);
            bench.awaitSteps(config, BATCHES);
            awaitCheckpoints(cluster, job, 15);
            bench.deleteAll();
            cluster.terminateTaskManager(0).get();
            cluster.startTaskManager();
            bench.sendInATransaction(BATCHES, 2 * BATCHES);
            bench.awaitSteps(config, 2 * BATCHES);
            assertThat(bench.steps(config))
                    .extracting(TrainingStep::getBatchId)
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, 2 * BATCHES).mapToObj(i -> "batch-" + i).toList());
            cluster.cancelJob(job).get();
        }
    }

    private static void awaitCheckpoints(MiniCluster cluster, JobID job, long more)
            throws Exception {
        long begin = checkpoints(cluster, job);
        await().atMost(Duration.ofMinutes(2))
                .until(() -> checkpoints(cluster, job) >= begin + more);
    }

    private static long checkpoints(MiniCluster cluster, JobID job) throws Exception {
        return cluster.getExecutionGraph(job)
                .get()
                .getCheckpointStatsSnapshot()
                .getCounts()
                .getNumberOfCompletedCheckpoints();
    }
}
