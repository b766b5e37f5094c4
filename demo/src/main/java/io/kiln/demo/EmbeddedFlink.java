package io.kiln.demo;

import io.kiln.config.FolderUri;
import io.kiln.operations.OperationException;
import java.net.BindException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.BlobServerOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.util.ExceptionUtils;

/** A Flink cluster inside this process, with its web interface. */
public final class EmbeddedFlink implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    /**
     * A producer without a broker would block its task for minutes; the process ends before that.
     */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final MiniCluster cluster;
    private final Path directory;
    private final URI webPage;

    private EmbeddedFlink(MiniCluster cluster, Path directory, URI webPage) {
        this.cluster = cluster;
        this.directory = directory;
        this.webPage = webPage;
    }

    /**
     * Starts a cluster.
     *
     * @param directory folder for temporary files and savepoints
     * @param log file that the web interface shows as log
     * @param ports port of the web interface, or a range such as 8081-8181, of which the first free
     *     port is taken
     * @param slots number of task slots
     * @throws OperationException if no port of the range is free
     */
    public static EmbeddedFlink start(Path directory, Path log, String ports, int slots) {
        MiniCluster cluster =
                new MiniCluster(
                        new MiniClusterConfiguration.Builder()
                                .setConfiguration(settings(directory, log, ports))
                                .setNumTaskManagers(1)
                                .setNumSlotsPerTaskManager(slots)
                                .build());
        try {
            cluster.start();
            return new EmbeddedFlink(cluster, directory, await(cluster.getRestAddress(), TIMEOUT));
        } catch (Exception e) {
            close(cluster);
            if (ExceptionUtils.findThrowable(e, BindException.class).isPresent()
                    || ExceptionUtils.findThrowableWithMessage(e, "Could not start rest endpoint")
                            .isPresent()) {
                OperationException inUse = portInUse(ports);
                inUse.initCause(e);
                throw inUse;
            }
            throw new OperationException("Flink did not start: " + e.getMessage(), e);
        }
    }

    static OperationException portInUse(String ports) {
        return new OperationException(
                "port "
                        + ports
                        + " is in use; give another with --port, or leave --port out to take a free one");
    }

    private static Configuration settings(Path directory, Path log, String ports) {
        Configuration settings = new Configuration();
        settings.set(JobManagerOptions.BIND_HOST, "localhost");
        settings.set(TaskManagerOptions.BIND_HOST, "localhost");
        settings.set(RestOptions.ADDRESS, "localhost");
        settings.set(RestOptions.BIND_ADDRESS, "localhost");
        settings.set(RestOptions.BIND_PORT, ports);
        settings.set(WebOptions.LOG_PATH, log.toString());
        settings.set(WebOptions.REFRESH_INTERVAL, Duration.ofSeconds(1));
        settings.set(WebOptions.SUBMIT_ENABLE, false);
        settings.set(MetricOptions.METRIC_FETCHER_UPDATE_INTERVAL, Duration.ofSeconds(1));
        settings.set(CoreOptions.TMP_DIRS, directory.resolve("tmp").toString());
        settings.set(BlobServerOptions.STORAGE_DIRECTORY, directory.resolve("blobs").toString());
        settings.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(32));
        return settings;
    }

    /** Address of the web interface. */
    public URI webPage() {
        return webPage;
    }

    /**
     * Defines a job without starting it, to find mistakes early.
     *
     * @throws io.kiln.config.ConfigException if the job cannot be run as configured
     */
    static void check(Consumer<StreamExecutionEnvironment> definition) {
        definition.accept(StreamExecutionEnvironment.getExecutionEnvironment(new Configuration()));
    }

    /** Starts a job without state. */
    public JobID submit(String name, Consumer<StreamExecutionEnvironment> definition) {
        return submit(name, Optional.empty(), definition);
    }

    /**
     * Starts a job.
     *
     * @param name name in the web interface
     * @param from URI of the checkpoint that it goes on from; empty for a start without state
     * @param definition adds the job's topology to an environment
     */
    public JobID submit(
            String name, Optional<String> from, Consumer<StreamExecutionEnvironment> definition) {
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.getExecutionEnvironment(new Configuration());
        definition.accept(env);
        StreamGraph graph = env.getStreamGraph();
        graph.setJobName(name);
        JobGraph job = graph.getJobGraph();
        from.map(SavepointRestoreSettings::forPath).ifPresent(job::setSavepointRestoreSettings);
        try {
            return await(cluster.submitJob(job), TIMEOUT).getJobID();
        } catch (ExecutionException | TimeoutException e) {
            throw new OperationException(
                    "Flink did not accept the job " + name + ": " + cause(e), e);
        }
    }

    /**
     * The reason why a job ended; empty while it runs or restarts, and if it has finished.
     *
     * @throws OperationException if the cluster does not answer
     */
    public Optional<String> failure(JobID job) {
        try {
            JobStatus status = await(cluster.getJobStatus(job), TIMEOUT);
            if (!status.isGloballyTerminalState() || status == JobStatus.FINISHED) {
                return Optional.empty();
            }
            var graph = await(cluster.getExecutionGraph(job), TIMEOUT);
            var info = graph.getFailureInfo();
            return Optional.of(
                    info == null
                            ? "it was " + status.name().toLowerCase(Locale.ROOT)
                            : root(
                                    info.getException()
                                            .deserializeError(
                                                    EmbeddedFlink.class.getClassLoader())));
        } catch (ExecutionException | TimeoutException e) {
            throw new OperationException("Flink does not answer: " + cause(e), e);
        }
    }

    /**
     * Drains a job: its sources end, all records in flight are processed, a savepoint is taken and
     * its transactions are committed.
     *
     * @return the path of the savepoint, when all that is done
     */
    public CompletableFuture<String> drain(JobID job) {
        return cluster.stopWithSavepoint(
                job,
                FolderUri.forFlink(FolderUri.of(directory.resolve("savepoints"))),
                true,
                SavepointFormatType.CANONICAL);
    }

    private static <T> T await(CompletableFuture<T> future, Duration timeout)
            throws ExecutionException, TimeoutException {
        try {
            return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationException("interrupted while waiting for Flink", e);
        }
    }

    private static String cause(Exception failure) {
        return failure instanceof TimeoutException
                ? "no answer in time"
                : root(ExceptionUtils.stripExecutionException(failure));
    }

    /** The root cause of a failure in words. */
    static String root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getClass().getSimpleName() + ": " + root.getMessage();
    }

    /** Stops the cluster and all its jobs. */
    @Override
    public void close() {
        close(cluster);
    }

    private static void close(MiniCluster cluster) {
        try {
            await(cluster.closeAsync(), CLOSE_TIMEOUT);
        } catch (ExecutionException | TimeoutException e) {
            throw new OperationException("Flink did not stop: " + cause(e), e);
        }
    }
}
