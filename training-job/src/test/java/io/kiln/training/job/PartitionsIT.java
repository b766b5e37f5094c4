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
        try (TrainingServers servers = new TrainingServers(directory, BATCHES, 3)) {
            servers.send(0, BATCHES);
            KilnConfig alone = servers.run("undisturbed");
            KilnConfig killed = servers.run("killed", "model.depths=[20, 1, 1, 1]");
            KilnConfig slow = servers.run("slow", "model.depths=[20, 1, 1, 1]");
            servers.train(alone, 0);
            List<CheckpointEvent> afterTheKill = servers.train(killed, BATCHES / 6);
            List<CheckpointEvent> undisturbed = servers.train(slow, 0);

            assertThat(servers.steps(alone))
                    .extracting(TrainingStep::getBatchId)
                    .containsExactlyElementsOf(
                            IntStream.range(0, BATCHES).mapToObj(i -> "batch-" + i).toList());
            assertThat(servers.losses(killed)).containsExactlyElementsOf(servers.losses(slow));
            TrainingServers.requireSameWeights(afterTheKill, undisturbed);
        }
    }

    @Test
    void partitionThatHasNothingIsWaitedForAndTheOthersAreNotReadFarAhead() throws Exception {
        try (TrainingServers servers = new TrainingServers(directory, BATCHES, 2);
                MiniCluster cluster = TrainingServers.cluster()) {
            // More than comes before Flink looks for the first time: there is something to hold
            // back.
            int many = 3000;
            servers.sendTo(0, IntStream.range(0, many).map(i -> 2 * i).toArray());
            KilnConfig config = servers.run("waiting");
            JobID job = TrainingServers.submit(cluster, config);
            servers.awaitSteps(config, 1);
            Thread.sleep(3000);
            assertThat(servers.steps(config)).hasSize(1);

            servers.sendTo(1, IntStream.range(0, 3).map(i -> 2 * i + 1).toArray());
            await().atMost(Duration.ofSeconds(30)).until(() -> servers.steps(config).size() >= 7);
            assertThat(servers.steps(config))
                    .extracting(TrainingStep::getBatchId)
                    .containsExactlyElementsOf(
                            IntStream.range(0, 7).mapToObj(i -> "batch-" + i).toList());
            assertThat(servers.read(config, 0)).isPositive().isLessThan(many / 2);
            cluster.cancelJob(job).get();
        }
    }
}
