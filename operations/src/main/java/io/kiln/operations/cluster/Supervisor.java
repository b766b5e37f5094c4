package io.kiln.operations.cluster;

import io.kiln.config.FolderUri;
import io.kiln.local.FlinkCluster;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.Ports;
import io.kiln.operations.Installation;
import io.kiln.operations.console.Interruption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The main class of the process that holds a cluster. The processes of the cluster are its children
 * and end with it. Records that the cluster is ready when all of them answer.
 */
final class Supervisor {
    private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(55);

    private Supervisor() {}

    /**
     * @param args folder; task managers, slots per task manager, heap per task manager in MiB;
     *     ports of broker, registry and Flink
     */
    public static void main(String[] args) {
        Path folder = Path.of(args[0]);
        FlinkCluster.Size size =
                new FlinkCluster.Size(
                        Integer.parseInt(args[1]),
                        Integer.parseInt(args[2]),
                        Integer.parseInt(args[3]));
        ClusterPorts ports =
                new ClusterPorts(
                        Integer.parseInt(args[4]),
                        Integer.parseInt(args[5]),
                        Integer.parseInt(args[6]));
        Interruption.onShutdown(SHUTDOWN_TIMEOUT, () -> run(folder, size, ports));
    }

    /**
     * Holds the cluster until the thread is interrupted.
     *
     * @return whether that has happened
     */
    private static boolean run(Path folder, FlinkCluster.Size size, ClusterPorts ports) {
        try (ServerSocket held = Ports.hold(ports.flink());
                LocalBroker broker = LocalBroker.start(folder.resolve("kafka"), ports.broker());
                LocalRegistry registry =
                        LocalRegistry.start(folder.resolve("registry"), ports.registry());
                FlinkCluster flink = startFlink(folder, size, held)) {
            announce(folder, flink, ports, size);
            new Watch(broker, registry, flink).run();
            return false;
        } catch (InterruptedException e) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            ClusterState.delete(folder, ProcessHandle.current().pid());
        }
    }

    /** Starts Flink on a port that was held for it while the others started, which takes long. */
    private static FlinkCluster startFlink(Path folder, FlinkCluster.Size size, ServerSocket held)
            throws IOException {
        int port = held.getLocalPort();
        held.close();
        return FlinkCluster.start(
                folder.resolve("flink"),
                FlinkPrograms.of(Installation.ofThisProcess()),
                size,
                port,
                FlinkOwnSettings.of(folder));
    }

    private static void announce(
            Path folder, FlinkCluster flink, ClusterPorts ports, FlinkCluster.Size size)
            throws IOException {
        ClusterState state =
                ClusterState.of(ProcessHandle.current(), ports, size.taskManagers(), true);
        if (!Files.exists(ClusterState.config(folder))) {
            Files.write(ClusterState.config(folder), config(folder, state));
        }
        Installation installation = Installation.ofThisProcess();
        Files.writeString(
                folder.resolve("prometheus.yml"),
                PrometheusConfig.of(
                        installation,
                        PrometheusConfig.rules(installation),
                        flink.metricsTargets()));
        state.write(folder);
    }

    private static List<String> config(Path folder, ClusterState state) {
        return List.of(
                "# Written by the first start of the cluster in this folder; later ones leave it as it is.",
                "kafka:",
                "  bootstrapServers: " + state.bootstrapServers(),
                "registry:",
                "  url: " + state.registryUrl(),
                "checkpoints:",
                "  artifacts: " + FolderUri.of(folder.resolve("artifacts")),
                "  everySteps: 10",
                "flink:",
                "  restUrl: " + state.flinkUrl(),
                "  checkpointDirectory: " + FolderUri.of(folder.resolve("checkpoints")),
                "",
                "# A network and an input for two cores, and an event every ten steps. For a run of your own",
                "# delete what follows, and see all settings with: kiln config --yaml",
                "input: {height: 64, width: 64}",
                "masking: {batchSize: 16, views: 4}",
                "model: {architecture: resnet18, decoderWidth: 128}",
                "training: {schedule: {warmupSteps: 10}}");
    }
}
