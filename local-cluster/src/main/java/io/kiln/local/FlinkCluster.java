package io.kiln.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A Flink session cluster: a job manager and task managers, each a process of its own. */
public final class FlinkCluster implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(90);
    private static final String JOB_MANAGER =
            "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
    private static final String TASK_MANAGER =
            "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
    private static final int RESTARTS = 3;
    private static final int JOB_MANAGER_HEAP_MEBIBYTES = 512;
    private static final Pattern SLOTS = Pattern.compile("\"slots-available\":(\\d+)");

    /**
     * Size of a cluster.
     *
     * @param taskManagers number of processes
     * @param slots of each of them
     * @param heapMebibytes Java heap of each of them; libtorch's memory comes on top
     */
    public record Size(int taskManagers, int slots, int heapMebibytes) {
        public Size {
            require("taskManagers", taskManagers, 1, 64);
            require("slots", slots, 1, 64);
            require("heapMebibytes", heapMebibytes, 256, 1 << 20);
        }

        private static void require(String name, int value, int lowest, int highest) {
            if (value < lowest || value > highest) {
                throw new IllegalArgumentException(
                        name
                                + ": "
                                + value
                                + " is not allowed; expected "
                                + lowest
                                + " to "
                                + highest);
            }
        }
    }

    /**
     * The programs that the processes run.
     *
     * @param classPath the jars of a Flink distribution's lib folder, and DJL; Kiln and Kafka come
     *     with the jobs
     * @param jvmOptions options that Flink and DJL need on this JVM
     */
    public record Programs(String classPath, List<String> jvmOptions) {
        public Programs {
            jvmOptions = List.copyOf(jvmOptions);
        }
    }

    private final Path folder;
    private final Programs programs;
    private final Size size;
    private final int port;
    private final MetricsTargets metrics;
    private final int jobManagerMetrics;
    private ManagedProcess jobManager;
    private final List<ManagedProcess> taskManagers = new ArrayList<>();
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private FlinkCluster(Path folder, Programs programs, Size size, int port) {
        this.folder = folder;
        this.programs = programs;
        this.size = size;
        this.port = port;
        this.metrics = new MetricsTargets(metricsTargets());
        this.jobManagerMetrics = metrics.add("job-manager");
        this.jobManager = launchJobManager();
    }

    /**
     * Starts all processes and waits until all slots are free. The REST API has a free port.
     *
     * @param folder for configuration, logs and temporary files
     * @param overrides of Flink's settings, by key
     */
    public static FlinkCluster start(
            Path folder, Programs programs, Size size, Map<String, String> overrides) {
        return start(folder, programs, size, Ports.free(), overrides);
    }

    /**
     * Starts all processes and waits until all slots are free.
     *
     * @param folder for configuration, logs and temporary files
     * @param port of the REST API and the web page
     * @param overrides of Flink's settings, by key
     */
    public static FlinkCluster start(
            Path folder, Programs programs, Size size, int port, Map<String, String> overrides) {
        try {
            Files.createDirectories(folder);
            Map<String, String> settings = FlinkSettings.of(port, size);
            settings.putAll(overrides);
            Files.write(folder.resolve("config.yaml"), FlinkSettings.lines(settings));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot prepare Flink in " + folder + ": " + e.getMessage(), e);
        }
        FlinkCluster cluster = new FlinkCluster(folder, programs, size, port);
        try {
            for (int i = 0; i < size.taskManagers(); i++) {
                cluster.addTaskManager();
            }
            cluster.jobManager.await(
                    () -> cluster.freeSlots() == size.taskManagers() * size.slots(), START);
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** Starts one more task manager, for instance in place of one that was killed. */
    public ManagedProcess addTaskManager() {
        for (int i = 0; i < taskManagers.size(); i++) {
            if (!taskManagers.get(i).isAlive()) {
                metrics.remove(nameOfTaskManager(i));
            }
        }
        String name = nameOfTaskManager(taskManagers.size());
        ManagedProcess added =
                launch(
                        name.replace('-', ' '),
                        TASK_MANAGER,
                        size.heapMebibytes(),
                        List.of(
                                "-Dtaskmanager.resource-id=" + name,
                                FlinkSettings.metricsPort(metrics.add(name))),
                        name);
        taskManagers.add(added);
        return added;
    }

    private static String nameOfTaskManager(int index) {
        return "task-manager-" + (index + 1);
    }

    private ManagedProcess launchJobManager() {
        return launch(
                "the job manager",
                JOB_MANAGER,
                JOB_MANAGER_HEAP_MEBIBYTES,
                List.of(FlinkSettings.metricsPort(jobManagerMetrics)),
                "job-manager");
    }

    private ManagedProcess launch(
            String name, String mainClass, int heap, List<String> settings, String logName) {
        List<String> options = new ArrayList<>(programs.jvmOptions());
        options.add("-Xmx" + heap + "m");
        List<String> arguments = new ArrayList<>();
        arguments.addAll(List.of("--configDir", folder.toAbsolutePath().toString()));
        arguments.addAll(settings);
        return ManagedProcess.start(
                name,
                options,
                programs.classPath(),
                mainClass,
                arguments,
                folder,
                folder.resolve(logName + ".log"));
    }

    /**
     * Starts the job manager again, at its address, after its process has ended. Waits until it
     * answers, and starts it again if it ends before, as a supervisor would. Its jobs go on if
     * Flink's high availability is configured, and are lost otherwise.
     */
    public void restartJobManager() {
        jobManager.close();
        for (int attempt = 1; ; attempt++) {
            jobManager = launchJobManager();
            try {
                jobManager.await(() -> Ports.isOpen(port), START);
                return;
            } catch (IllegalStateException e) {
                if (attempt == RESTARTS) {
                    throw e;
                }
                jobManager.close();
            }
        }
    }

    /**
     * Starts processes that have ended again: the job manager at its address, without its jobs, and
     * task managers under new names.
     *
     * @return what was started, in words; empty if all processes live
     */
    public List<String> replaceEnded() {
        List<String> started = new ArrayList<>();
        if (!jobManager.isAlive()) {
            restartJobManager();
            started.add("the job manager");
        }
        long alive = taskManagers.stream().filter(ManagedProcess::isAlive).count();
        for (long i = alive; i < size.taskManagers(); i++) {
            addTaskManager();
            started.add("task manager " + taskManagers.size());
        }
        return started;
    }

    /** Address of the REST API and the web page. */
    public String restUrl() {
        return restUrl(port);
    }

    /** Address of the REST API and web page of a Flink with a port. */
    public static String restUrl(int port) {
        return "http://localhost:" + port;
    }

    /** Tells Prometheus where the processes show their metrics; for its file_sd_configs. */
    public Path metricsTargets() {
        return folder.toAbsolutePath().resolve("metrics-targets.json");
    }

    /** The job manager's process, for tests that kill it. */
    public ManagedProcess jobManager() {
        return jobManager;
    }

    /**
     * Processes of the task managers, in the order of their start, ended ones included. Flink knows
     * them as task-manager-1, task-manager-2 and so on.
     */
    public List<ManagedProcess> taskManagers() {
        return List.copyOf(taskManagers);
    }

    /** Slots that no job holds; 0 while the job manager does not answer. */
    public int freeSlots() {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(restUrl() + "/overview"))
                        .timeout(Duration.ofSeconds(5))
                        .build();
        try {
            String body = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
            Matcher found = SLOTS.matcher(body);
            return found.find() ? Integer.parseInt(found.group(1)) : 0;
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    @Override
    public void close() {
        Stream.concat(taskManagers.stream(), Stream.of(jobManager)).forEach(ManagedProcess::close);
    }
}
