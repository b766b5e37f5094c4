package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.config.FolderUri;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.FlinkCluster;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.LocalZooKeeper;
import io.kiln.local.ManagedProcess;
import io.kiln.operations.Installation;
import io.kiln.operations.cluster.FlinkPrograms;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A deployment to inject faults into: each part is a process, one task manager is a standby. */
final class FaultDeployment implements AutoCloseable {
    /** Enough for jobs of one task, and a standby. */
    static final int TASK_MANAGERS = 2;

    private static final int SLOTS = 3;

    private static final Duration SILENT = Patience.ofSeconds(4);
    private static final Duration READY = Patience.ofSeconds(90);
    private static final Duration INGEST_TIMEOUT = Patience.ofMinutes(3);

    private final Path folder;
    private final Launcher kiln;
    private final LocalBroker broker;
    private final LocalRegistry registry;
    private final LocalZooKeeper zooKeeper;
    private final FlinkCluster flink;
    private final FlinkJobs jobs;
    private int taskManagers = TASK_MANAGERS;

    private FaultDeployment(Path folder) {
        FlinkCluster.Programs programs = programs();
        this.folder = folder;
        this.kiln = new Launcher(folder);
        this.broker = LocalBroker.start(folder.resolve("kafka"));
        this.registry = LocalRegistry.start(folder.resolve("registry"));
        this.zooKeeper = LocalZooKeeper.start(folder.resolve("zookeeper"), programs);
        this.flink =
                FlinkCluster.start(
                        folder.resolve("flink"),
                        programs,
                        new FlinkCluster.Size(TASK_MANAGERS, SLOTS, 512),
                        settings(zooKeeper));
        this.jobs = new FlinkJobs(flink.restUrl());
    }

    /** With one compiler, since what is killed and started again runs for seconds. */
    private static FlinkCluster.Programs programs() {
        FlinkCluster.Programs installed =
                FlinkPrograms.of(new Installation(Path.of(System.getProperty("kiln.root"))));
        List<String> options = new ArrayList<>(installed.jvmOptions());
        options.add("-XX:TieredStopAtLevel=1");
        return new FlinkCluster.Programs(installed.classPath(), options);
    }

    /** Detects failures faster than the settings that Kiln ships. */
    private static Map<String, String> settings(LocalZooKeeper zooKeeper) {
        Map<String, String> settings = new HashMap<>(zooKeeper.highAvailability());
        settings.put(
                "high-availability.zookeeper.client.session-timeout",
                Long.toString(SILENT.toMillis()));
        settings.put("metrics.fetcher.update-interval", "2 s"); // of Flink's page
        settings.put("heartbeat.interval", "500 ms");
        settings.put("heartbeat.timeout", SILENT.toSeconds() + " s");
        settings.put("pekko.startup-timeout", "60 s"); // on a busy machine
        return settings;
    }

    static FaultDeployment start(Path folder) {
        return new FaultDeployment(folder);
    }

    /**
     * The settings that a job is submitted with.
     *
     * @param config the configuration
     * @param overrides the overrides that give this configuration, as --set takes them
     */
    record Settings(KilnConfig config, List<String> overrides) {
        /** The same with more overrides, which win. */
        Settings with(String... more) {
            List<String> all = new ArrayList<>(overrides);
            all.addAll(List.of(more));
            return new Settings(KilnConfig.parse("", all), all);
        }

        List<String> arguments() {
            return overrides.stream().flatMap(o -> Stream.of("--set", o)).toList();
        }
    }

    /**
     * Settings of a job or a run; creates the topics.
     *
     * @param topics prefix of the topics' names
     * @param more further overrides, which may rename some of the topics
     */
    Settings settings(String topics, String... more) {
        List<String> overrides =
                SmallRun.overrides(
                        broker.bootstrapServers(),
                        registry.url(),
                        folder,
                        "flink.restUrl=" + flink.restUrl(),
                        "flink.checkpointInterval=1s",
                        "flink.restartAttempts=1000000",
                        "flink.restartDelay=200ms",
                        "checkpoints.everySteps=1",
                        "masking.flushAfter=1h",
                        "kafka.connectTimeout=60s");
        overrides.addAll(SmallRun.topics(topics));
        overrides.addAll(List.of(more));
        KilnConfig config = KilnConfig.parse("", overrides);
        KilnTopics.create(config);
        return new Settings(config, overrides);
    }

    /** Sends images and waits until they are sent. */
    void ingest(Settings settings, Path pictures) throws Exception {
        Launcher.Result result = startIngest(settings, pictures).await(INGEST_TIMEOUT);
        assertThat(result.exitCode()).as(result.err()).isZero();
    }

    /** Starts to send images. */
    Launcher.Running startIngest(Settings settings, Path pictures, String... more)
            throws IOException {
        List<String> arguments = new ArrayList<>(List.of("ingest"));
        arguments.addAll(settings.arguments());
        arguments.addAll(List.of(more));
        arguments.add(pictures.toString());
        return kiln.start(arguments.toArray(String[]::new));
    }

    /** Submits a job with the launcher of another checkout. */
    String submitFrom(Path checkout, String job, Settings settings) throws Exception {
        return submit(new Launcher(checkout, folder), job, settings);
    }

    /** Submits a job with the launcher. */
    String submit(String job, Settings settings, String... more) throws Exception {
        return submit(kiln, job, settings, more);
    }

    private static String submit(Launcher kiln, String job, Settings settings, String... more)
            throws Exception {
        List<String> arguments = new ArrayList<>(List.of("submit", job, "--json"));
        arguments.addAll(settings.arguments());
        arguments.addAll(List.of(more));
        Launcher.Result result = kiln.run(arguments.toArray(String[]::new));
        assertThat(result.exitCode()).as(result.err()).isZero();
        return new ObjectMapper().readTree(result.out()).path("job").asText();
    }

    FlinkJobs jobs() {
        return jobs;
    }

    LocalBroker broker() {
        return broker;
    }

    LocalRegistry registry() {
        return registry;
    }

    FlinkCluster flink() {
        return flink;
    }

    /** The task manager that runs one of several trainers of a job. */
    ManagedProcess workerOf(String job, int trainer) {
        return taskManager(
                FlinkJobs.await(
                        "the task manager of trainer " + trainer + " of " + job,
                        () -> jobs.taskManagerOfTrainer(job, trainer)));
    }

    /** The task manager that runs the last operator of a job. */
    ManagedProcess workerOf(String job) {
        return taskManager(
                FlinkJobs.await("the task manager of " + job, () -> jobs.taskManagerOf(job)));
    }

    /** Finds a task manager by its name in Flink. */
    private ManagedProcess taskManager(String name) {
        int number = Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
        return flink.taskManagers().get(number - 1);
    }

    /** The name of a task manager in Flink. */
    String nameOf(ManagedProcess taskManager) {
        return "task-manager-" + (flink.taskManagers().indexOf(taskManager) + 1);
    }

    /** Sets the number of task managers; those that are too many are killed. */
    void taskManagers(int count) {
        taskManagers = count;
        aliveTaskManagers().skip(count).forEach(ManagedProcess::kill);
        replaceKilledTaskManagers();
    }

    /** Starts replacements of the task managers that were killed. */
    void replaceKilledTaskManagers() {
        for (long i = aliveTaskManagers().count(); i < taskManagers; i++) {
            flink.addTaskManager();
        }
    }

    private Stream<ManagedProcess> aliveTaskManagers() {
        return flink.taskManagers().stream().filter(ManagedProcess::isAlive);
    }

    /** Ends the jobs of tests that failed, and waits until all slots are free. */
    void awaitIdle() {
        replaceKilledTaskManagers();
        jobs.running().forEach(jobs::cancel);
        Awaitility.await("all slots are free")
                .atMost(READY)
                .until(() -> flink.freeSlots() == taskManagers * SLOTS);
    }

    /** Waits until as many slots are free as one task manager has. */
    void awaitStandby() {
        replaceKilledTaskManagers();
        Awaitility.await("a standby").atMost(READY).until(() -> flink.freeSlots() >= SLOTS);
    }

    /**
     * Waits until a thawed task manager has ended its old tasks and is a standby; it must live on.
     */
    void awaitReturn(ManagedProcess thawed) {
        Awaitility.await("the thawed task manager is a standby")
                .atMost(READY)
                .until(
                        () -> {
                            assertThat(thawed.isAlive())
                                    .as("%s is alive; see its log", nameOf(thawed))
                                    .isTrue();
                            return jobs.isRegistered(nameOf(thawed)) && flink.freeSlots() >= SLOTS;
                        });
    }

    /** The folder of a run in the artifact store. */
    Path artifacts(KilnConfig config) {
        return folder.resolve("artifacts")
                .resolve(config.model().name())
                .resolve(config.training().runId());
    }

    /** The folder of the Flink checkpoints of a job, without those of its other submissions. */
    Path checkpoints(KilnJob kind, KilnConfig config, String job) {
        return folder.resolve("checkpoints").resolve(kind.folder(config)).resolve(job);
    }

    /** The URI of the folder for savepoints. */
    String savepoints() {
        return FolderUri.of(folder.resolve("savepoints"));
    }

    @Override
    public void close() {
        flink.close();
        zooKeeper.close();
        registry.close();
        broker.close();
    }
}
