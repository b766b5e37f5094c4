package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TrainingStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A trainer that reads several partitions, a batch of each in turn. */
@Timeout(180)
class PartitionsIT {
    private static final int BATCHES = 60;

    @TempDir private Path directory;

    @Test
    void killedTrainerOfThreePartitionsEndsWithTheSameWeights() throws Exception {
        TrainingBench bench = new TrainingBench(directory, BATCHES, 3);
        bench.send(0, BATCHES);
        KilnConfig alone = bench.run("undisturbed");
        KilnConfig killed = bench.run("killed", "model.depths=[20, 1, 1, 1]");
        KilnConfig slow = bench.run("slow", "model.depths=[20, 1, 1, 1]");
        bench.train(alone, 0);
        List<CheckpointEvent> afterTheKill = bench.train(killed, BATCHES / 6);
        List<CheckpointEvent> undisturbed = bench.train(slow, 0);

        assertThat(bench.steps(alone))
                .extracting(TrainingStep::getBatchId)
                .containsExactlyElementsOf(
                        IntStream.range(0, BATCHES).mapToObj(i -> "batch-" + i).toList());
        assertThat(bench.losses(killed)).containsExactlyElementsOf(bench.losses(slow));
        TrainingBench.requireSameWeights(afterTheKill, undisturbed);
    }

    @Test
    void partitionThatHasNothingIsWaitedForAndTheOthersAreNotReadFarAhead() throws Exception {
        TrainingBench bench = new TrainingBench(directory, BATCHES, 2);
        try (MiniCluster cluster = TrainingBench.cluster()) {
            // More than comes before Flink looks for the first time: there is something to hold
            // back.
            int many = 3000;
            bench.sendTo(0, IntStream.range(0, many).map(i -> 2 * i).toArray());
            KilnConfig config = bench.run("waiting");
            JobID job = TrainingBench.submit(cluster, config);
            bench.awaitSteps(config, 1);
            await().during(Duration.ofSeconds(3))
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> bench.steps(config).size() == 1);

            bench.sendTo(1, IntStream.range(0, 3).map(i -> 2 * i + 1).toArray());
            await().atMost(Duration.ofSeconds(30)).until(() -> bench.steps(config).size() >= 7);
            assertThat(bench.steps(config))
                    .extracting(TrainingStep::getBatchId)
                    .containsExactlyElementsOf(
                            IntStream.range(0, 7).mapToObj(i -> "batch-" + i).toList());
            assertThat(bench.read(config, 0)).isPositive().isLessThan(many / 2);
            cluster.cancelJob(job).get();
        }
    }
}
