package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchCheckpointsIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);
    private static final AtomicInteger STARTS = new AtomicInteger();
    private static final AtomicInteger COMPLETED = new AtomicInteger();

    @TempDir Path directory;

    /** Blocks in the first checkpoint of the first attempt. */
    private static final class BlocksAtFirst extends RichMapFunction<Long, Long>
            implements CheckpointedFunction, CheckpointListener {
        private static final long serialVersionUID = 1L;

        @Override
        public Long map(Long value) {
            return value;
        }

        @Override
        public void initializeState(FunctionInitializationContext context) {
            STARTS.incrementAndGet();
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws InterruptedException {
            if (STARTS.get() == 1) {
                new CountDownLatch(1).await();
            }
        }

        @Override
        public void notifyCheckpointComplete(long checkpointId) {
            COMPLETED.incrementAndGet();
        }
    }

    @Test
    void jobThatCompletesNoCheckpointRestarts() throws Exception {
        KilnConfig config = config();
        try (MiniCluster cluster = cluster()) {
            cluster.start();
            StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
            env.setParallelism(1);
            JobSettings.apply(KilnJob.TRAINING, config, env);
            WatchCheckpoints.of(
                            config.flink(),
                            env.fromSource(
                                            new DataGeneratorSource<>(
                                                    index -> index,
                                                    Long.MAX_VALUE,
                                                    RateLimiterStrategy.perSecond(100),
                                                    Types.LONG),
                                            WatermarkStrategy.noWatermarks(),
                                            "numbers")
                                    .uid("numbers"))
                    .map(new BlocksAtFirst())
                    .sinkTo(new DiscardingSink<>());
            JobID job = cluster.submitJob(env.getStreamGraph().getJobGraph()).get().getJobID();
            Awaitility.await("checkpoints after a restart")
                    .atMost(TIMEOUT)
                    .until(() -> COMPLETED.get() >= 20);
            assertThat(STARTS).hasValueGreaterThan(1);
            assertThat(cluster.getExecutionGraph(job).get().getFailureInfo())
                    .isNotNull()
                    .satisfies(
                            failure ->
                                    assertThat(failure.getExceptionAsString())
                                            .contains(CheckpointsMissingException.class.getName())
                                            .contains("no checkpoint was completed for 2 s")
                                            .contains("flink.checkpointTimeout"));
            cluster.cancelJob(job).get();
        }
    }

    private KilnConfig config() {
        return KilnConfig.parse(
                "",
                List.of(
                        "flink.checkpointInterval=200ms",
                        "flink.checkpointTimeout=2s",
                        "flink.restartDelay=100ms",
                        "flink.checkpointDirectory=" + directory.toUri()));
    }

    private static MiniCluster cluster() {
        Configuration settings = new Configuration();
        settings.set(RestOptions.BIND_PORT, "0");
        return new MiniCluster(
                new MiniClusterConfiguration.Builder()
                        .setConfiguration(settings)
                        .setNumTaskManagers(1)
                        .setNumSlotsPerTaskManager(1)
                        .build());
    }
}
