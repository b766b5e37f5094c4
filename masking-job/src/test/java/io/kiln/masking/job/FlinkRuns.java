package io.kiln.masking.job;

import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.IntSupplier;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointException;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.SerializedThrowable;

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

    /** Starts the cluster with slots for two subtasks. */
    static FlinkRuns start(Path savepoints) throws Exception {
        return start(savepoints, 2);
    }

    /** Starts the cluster. */
    static FlinkRuns start(Path savepoints, int slots) throws Exception {
        Configuration settings = new Configuration();
        settings.set(RestOptions.BIND_PORT, "0");
        settings.set(HeartbeatManagerOptions.HEARTBEAT_INTERVAL, Duration.ofMillis(500));
        settings.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, Duration.ofSeconds(30));
        // A test goes on from a checkpoint of a job that takes others meanwhile.
        settings.set(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS, 1000);
        MiniCluster cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(settings)
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(slots)
                                .build());
        cluster.start();
        return new FlinkRuns(cluster, savepoints);
    }

    JobID submit(KilnConfig config) throws Exception {
        return submit(config, SavepointRestoreSettings.none());
    }

    /**
     * @param from URI of a checkpoint or savepoint
     */
    JobID submit(KilnConfig config, String from) throws Exception {
        return submit(config, SavepointRestoreSettings.forPath(from));
    }

    private JobID submit(KilnConfig config, SavepointRestoreSettings from) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        MaskingJob.define(env, config);
        JobGraph job = env.getStreamGraph().getJobGraph();
        job.setSavepointRestoreSettings(from);
        return cluster.submitJob(job).get().getJobID();
    }

    /** Takes a savepoint, after which the job goes on. */
    String savepoint(JobID job) throws Exception {
        return cluster.triggerSavepoint(
                        job, savepoints.toUri().toString(), false, SavepointFormatType.CANONICAL)
                .get();
    }

    /** Stops a job with a savepoint; images that wait for a full batch stay in it. */
    String stopWithSavepoint(JobID job) throws Exception {
        return cluster.stopWithSavepoint(
                        job, savepoints.toUri().toString(), false, SavepointFormatType.CANONICAL)
                .get();
    }

    boolean isRunning(JobID job) throws Exception {
        return cluster.getJobStatus(job).get() == JobStatus.RUNNING;
    }

    boolean hasEnded(JobID job) throws Exception {
        return cluster.getJobStatus(job).get().isGloballyTerminalState();
    }

    /** Stack trace of a job that has failed for good. */
    String endOf(JobID job) throws Exception {
        return cluster.requestJobResult(job)
                .get()
                .getSerializedThrowable()
                .map(SerializedThrowable::getFullStringifiedStackTrace)
                .orElse("it did not fail");
    }

    /** Waits until a job has made its first batches, and kills the task manager. */
    void killTaskManager(IntSupplier batches, Runnable meanwhile) throws Exception {
        killTaskManager(batches, BATCHES_BEFORE_KILL, meanwhile);
    }

    /** The same once there are so many batches. */
    void killTaskManager(IntSupplier batches, int enough, Runnable meanwhile) throws Exception {
        await().atMost(TIMEOUT).until(() -> batches.getAsInt() >= enough);
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
        drain(job);
        return true;
    }

    /** Stops a job with a savepoint, and sends on what waits in it before. */
    String drain(JobID job) throws Exception {
        return cluster.stopWithSavepoint(
                        job, savepoints.toUri().toString(), true, SavepointFormatType.CANONICAL)
                .get();
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
