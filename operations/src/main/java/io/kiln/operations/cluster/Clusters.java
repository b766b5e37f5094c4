package io.kiln.operations.cluster;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.local.FlinkCluster;
import io.kiln.local.LocalRegistry;
import io.kiln.operations.Installation;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Interruption;
import io.kiln.operations.flink.JobFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Starts and stops clusters that outlive the command. Each cluster has a folder. */
public final class Clusters {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(4);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);

    /**
     * Starts a program that lives on when the terminal or the script that started it is interrupted
     * or closed: those signals go to all processes of its group, or, without setsid, are ignored.
     */
    private static final List<String> OWN_SESSION =
            List.of(
                    "/bin/sh",
                    "-c",
                    "trap '' HUP INT QUIT; command -v setsid > /dev/null && exec setsid \"$@\"; exec \"$@\"",
                    "kiln");

    /**
     * Ports that a cluster shall have.
     *
     * @param broker of the Kafka broker; 0 for any that is free; empty for the one it had before,
     *     or 9092
     * @param registry of the schema registry; the same, or 8085
     * @param flink of Flink's REST API and web page; the same, or 8081
     */
    public record Ports(
            Optional<Integer> broker, Optional<Integer> registry, Optional<Integer> flink) {}

    private Clusters() {}

    /**
     * Starts a cluster and waits until all its processes answer. If the thread is interrupted or
     * this process is asked to end before, nothing of the cluster is left running.
     *
     * @throws OperationException if a cluster starts or runs there already, its flink.yaml is not
     *     YAML, a port is taken, or the cluster does not start
     */
    public static ClusterState start(Path folder, FlinkCluster.Size size, Ports asked) {
        running(folder)
                .ifPresent(
                        other -> {
                            throw new OperationException(
                                    "a cluster is already "
                                            + (other.ready() ? "running" : "starting")
                                            + " in "
                                            + folder
                                            + "; see kiln cluster status");
                        });
        FlinkOwnSettings.of(folder); // the message would end in the supervisor's log
        return Interruption.onShutdown(STOP_TIMEOUT, () -> startNow(folder, size, asked));
    }

    private static ClusterState startNow(Path folder, FlinkCluster.Size size, Ports asked) {
        try {
            Files.createDirectories(folder);
            ClusterPorts ports = ClusterPorts.choose(folder, asked);
            ProcessHandle supervisor = launch(folder, size, ports).toHandle();
            boolean ready = false;
            try {
                ClusterState.of(supervisor, ports, size.taskManagers(), false).write(folder);
                ClusterState state = awaitReady(folder, supervisor);
                ports.write(folder);
                ready = true;
                return state;
            } finally {
                if (!ready) {
                    end(supervisor);
                    ClusterState.delete(folder, supervisor.pid());
                }
            }
        } catch (IOException e) {
            throw new OperationException(
                    "no cluster can be created in " + folder + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationException(
                    "interrupted while the cluster started; what had started was stopped", e);
        }
    }

    private static ClusterState awaitReady(Path folder, ProcessHandle supervisor)
            throws InterruptedException {
        long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
        while (true) {
            Optional<ClusterState> state =
                    ClusterState.read(folder)
                            .filter(s -> s.ready() && s.supervisor() == supervisor.pid());
            if (state.isPresent()) {
                return state.get();
            }
            if (!supervisor.isAlive()) {
                throw new OperationException(
                        "the cluster did not start; see " + ClusterState.log(folder));
            }
            if (System.nanoTime() > deadline) {
                throw new OperationException(
                        "the cluster was not ready after "
                                + START_TIMEOUT.toSeconds()
                                + " s; see "
                                + ClusterState.log(folder));
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private static Process launch(Path folder, FlinkCluster.Size size, ClusterPorts ports)
            throws IOException {
        List<String> command = new ArrayList<>(OWN_SESSION);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx128m");
        command.addAll(FlinkPrograms.jvmOptions());
        for (String property : List.of(Installation.HOME_PROPERTY, LocalRegistry.HOME_PROPERTY)) {
            command.add("-D" + property + "=" + System.getProperty(property, ""));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(Supervisor.class.getName());
        command.add(folder.toAbsolutePath().toString());
        command.add(Integer.toString(size.taskManagers()));
        command.add(Integer.toString(size.slots()));
        command.add(Integer.toString(size.heapMebibytes()));
        command.add(Integer.toString(ports.broker()));
        command.add(Integer.toString(ports.registry()));
        command.add(Integer.toString(ports.flink()));
        return new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(ClusterState.log(folder).toFile())
                .start();
    }

    /** The cluster of a folder, if it starts or runs. */
    public static Optional<ClusterState> running(Path folder) {
        return ClusterState.read(folder).filter(state -> state.process().isPresent());
    }

    /**
     * The cluster of a folder, if it is running and all its processes answer.
     *
     * @throws OperationException if not, naming what is missing
     */
    public static ClusterState healthy(Path folder) {
        Optional<ClusterState> recorded = ClusterState.read(folder);
        if (recorded.isEmpty()) {
            throw new OperationException("no cluster is running in " + folder);
        }
        ClusterState state = recorded.get();
        if (state.process().isEmpty()) {
            throw new OperationException(
                    "the cluster in "
                            + folder
                            + " has ended without being stopped; see "
                            + ClusterState.log(folder)
                            + ", and start it again with kiln cluster start");
        }
        if (!state.ready()) {
            throw new OperationException(
                    "the cluster in "
                            + folder
                            + " is still starting; see "
                            + ClusterState.log(folder));
        }
        List<String> missing = ClusterHealth.missing(state);
        if (!missing.isEmpty()) {
            throw new OperationException(
                    "the cluster in "
                            + folder
                            + " is incomplete: "
                            + String.join("; ", missing)
                            + ". A process that ends is started again; if this persists, see the"
                            + " logs in that folder");
        }
        return state;
    }

    /**
     * Stops all processes of a cluster and keeps its data.
     *
     * @return whether it was starting or running
     * @throws OperationException if no cluster was ever started there
     */
    public static boolean stop(Path folder) {
        Optional<ProcessHandle> supervisor = running(folder).flatMap(ClusterState::process);
        if (supervisor.isEmpty()) {
            if (!Files.exists(ClusterState.log(folder))) {
                throw new OperationException(
                        folder
                                + " is not the folder of a cluster; expected that of kiln cluster start");
            }
            return false;
        }
        end(supervisor.get());
        return true;
    }

    /** Ends a supervisor, and with it the processes of its cluster. */
    private static void end(ProcessHandle supervisor) {
        CompletableFuture<ProcessHandle> exit = supervisor.onExit();
        supervisor.destroy();
        try {
            exit.get(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            supervisor.destroyForcibly();
        } catch (ExecutionException e) {
            throw new OperationException(
                    "cannot wait for the cluster to stop: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Jobs that have left a state to go on from, by the cluster's kiln.yaml. A start of the cluster
     * does not start them.
     */
    public static List<KilnJob> stopped(Path folder) {
        KilnConfig config = KilnConfig.load(ClusterState.config(folder), List.of());
        return Arrays.stream(KilnJob.values())
                .filter(job -> hasState(JobFolder.of(job, config)))
                .toList();
    }

    private static boolean hasState(JobFolder folder) {
        try {
            return !folder.states().isEmpty();
        } catch (OperationException e) {
            return false; // the cluster runs; kiln submit --from latest tells what is wrong
        }
    }

    /**
     * Addresses in a cluster's kiln.yaml that are not those of the cluster. The file may hold
     * settings of the user's own, so that only the first start writes it.
     *
     * @return a sentence for each
     */
    public static List<String> differences(Path folder, ClusterState state) {
        Path file = ClusterState.config(folder);
        KilnConfig config = KilnConfig.load(file, List.of());
        List<String> differences = new ArrayList<>();
        compare(
                file,
                "kafka.bootstrapServers",
                config.kafka().bootstrapServers(),
                state.bootstrapServers(),
                differences);
        compare(file, "registry.url", config.registry().url(), state.registryUrl(), differences);
        compare(file, "flink.restUrl", config.flink().restUrl(), state.flinkUrl(), differences);
        return differences;
    }

    private static void compare(
            Path file, String key, String written, String actual, List<String> differences) {
        if (!written.equals(actual)) {
            differences.add(
                    file + ": " + key + " is " + written + ", but this cluster's is " + actual);
        }
    }

    /** The configuration file of a cluster for the other verbs. */
    public static Path config(Path folder) {
        return ClusterState.config(folder);
    }
}
