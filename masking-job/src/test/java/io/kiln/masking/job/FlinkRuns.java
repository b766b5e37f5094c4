package io.kiln.masking.job;

import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.IntSupplier;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointException;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** A mini cluster with one task manager, on which tests run one masking job after the other. */
final class FlinkRuns implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int BATCHES_BEFORE_KILL = 6;

    private final MiniCluster cluster;
    private final Path savepoints;
    private int taskManager;

    private FlinkRuns(MiniCluster cluster, Path savepoints) {
        this.cluster = cluster;
        this.savepoints = savepoints;
    }

    /** Starts the cluster. */
    static FlinkRuns start(Path savepoints) throws Exception {
        Configuration settings = new Configuration();
        settings.set(RestOptions.BIND_PORT, "0");
        settings.set(HeartbeatManagerOptions.HEARTBEAT_INTERVAL, Duration.ofMillis(500));
        settings.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, Duration.ofSeconds(5));
        MiniCluster cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(settings)
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(2)
                                .build());
        cluster.start();
        return new FlinkRuns(cluster, savepoints);
    }

    JobID submit(KilnConfig config) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        MaskingJob.define(env, config);
        return cluster.submitJob(env.getStreamGraph().getJobGraph()).get().getJobID();
    }

    /** Waits until a job has made its first batches, and kills the task manager. */
    void killTaskManager(IntSupplier batches, Runnable meanwhile) throws Exception {
        await().atMost(TIMEOUT).until(() -> batches.getAsInt() >= BATCHES_BEFORE_KILL);
        cluster.terminateTaskManager(taskManager).get();
        meanwhile.run();
        cluster.startTaskManager();
        taskManager++;
    }

    /** Waits until a job has made so many batches, and drains it. */
    void drain(JobID job, IntSupplier batches, int enough) throws Exception {
        await().atMost(TIMEOUT)
                .pollInterval(Duration.ofMillis(300))
                .until(() -> batches.getAsInt() == enough);
        // The batches may be complete before the job has found out that its task manager is dead.
        await().atMost(TIMEOUT)
                .ignoreExceptionsMatching(
                        failure -> failure.getCause() instanceof CheckpointException)
                .until(() -> stop(job));
    }

    private boolean stop(JobID job) throws Exception {
        String folder = savepoints.toUri().toString();
        cluster.stopWithSavepoint(job, folder, true, SavepointFormatType.CANONICAL).get();
        return true;
    }

    /** Cancels a job and waits until its slots are free. */
    void cancel(JobID job) throws Exception {
        cluster.cancelJob(job).get();
        cluster.requestJobResult(job).get();
    }

    /** Why a job failed so far: the stack traces of its restarts. */
    String failures(JobID job) throws Exception {
        StringBuilder all = new StringBuilder();
        cluster.getExecutionGraphInfo(job)
                .get()
                .getExceptionHistory()
                .forEach(entry -> all.append(entry.getExceptionAsString()));
        return all.toString();
    }

    @Override
    public void close() throws Exception {
        cluster.close();
    }
}
