package io.kiln.operations.cluster;

import io.kiln.config.FolderUri;
import io.kiln.local.FlinkCluster;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.operations.Installation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * The process that holds a cluster: its children end with it, however it ends. Writes the state
 * when all of them answer.
 */
final class Supervisor {
    private Supervisor() {}

    /**
     * @param args folder, task managers, slots of each, heap of each in MiB
     */
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        FlinkCluster.Size size =
                new FlinkCluster.Size(
                        Integer.parseInt(args[1]),
                        Integer.parseInt(args[2]),
                        Integer.parseInt(args[3]));
        CountDownLatch stopped = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    stopped.countDown();
                                    awaitQuietly(closed);
                                }));
        try (LocalBroker broker = LocalBroker.start(folder.resolve("kafka"));
                LocalRegistry registry = LocalRegistry.start(folder.resolve("registry"));
                FlinkCluster flink =
                        FlinkCluster.start(
                                folder.resolve("flink"),
                                FlinkPrograms.of(Installation.ofThisProcess()),
                                size)) {
            announce(folder, broker, registry, flink);
            stopped.await();
        } finally {
            ClusterState.delete(folder);
            closed.countDown();
        }
    }

    private static void announce(
            Path folder, LocalBroker broker, LocalRegistry registry, FlinkCluster flink)
            throws IOException {
        ClusterState state =
                new ClusterState(
                        ProcessHandle.current().pid(),
                        ClusterState.startOf(ProcessHandle.current()),
                        broker.bootstrapServers(),
                        registry.url(),
                        flink.restUrl());
        Files.write(ClusterState.config(folder), config(folder, state));
        state.write(folder);
    }

    private static List<String> config(Path folder, ClusterState state) {
        return List.of(
                "# The cluster of this folder; addresses change with each start.",
                "kafka:",
                "  bootstrapServers: " + state.bootstrapServers(),
                "registry:",
                "  url: " + state.registryUrl(),
                "checkpoints:",
                "  artifacts: " + FolderUri.of(folder.resolve("artifacts")),
                "flink:",
                "  restUrl: " + state.flinkUrl(),
                "  checkpointDirectory: " + FolderUri.of(folder.resolve("checkpoints")));
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
