package io.kiln.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A single ZooKeeper server in a process of its own, for Flink's high availability. The server
 * comes with Flink's jars.
 */
public final class LocalZooKeeper implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final String MAIN =
            "org.apache.flink.shaded.zookeeper3.org.apache.zookeeper.server.ZooKeeperServerMain";

    private final Path directory;
    private final int port;
    private final ManagedProcess process;

    private LocalZooKeeper(Path directory, int port, ManagedProcess process) {
        this.directory = directory;
        this.port = port;
        this.process = process;
    }

    /**
     * Starts a server on a free port and waits until it listens.
     *
     * @param directory for its data and its log
     * @param programs of Flink, whose class path holds the server
     */
    public static LocalZooKeeper start(Path directory, FlinkCluster.Programs programs) {
        int port = Ports.free(1).get(0);
        Path settings = directory.resolve("zookeeper.properties");
        try {
            Files.createDirectories(directory);
            Files.write(settings, settings(port));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot prepare ZooKeeper in " + directory + ": " + e.getMessage(), e);
        }
        ManagedProcess process =
                ManagedProcess.start(
                        "ZooKeeper",
                        List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                        programs.classPath(),
                        MAIN,
                        List.of(String.valueOf(settings.getFileName())),
                        directory,
                        directory.resolve("zookeeper.log"));
        LocalZooKeeper server = new LocalZooKeeper(directory, port, process);
        try {
            process.await(() -> Ports.isOpen(port), START);
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static List<String> settings(int port) {
        return List.of(
                "dataDir=data",
                "clientPort=" + port,
                "clientPortAddress=127.0.0.1",
                "admin.enableServer=false",
                "tickTime=500");
    }

    /** Flink's settings, by key, for a job manager whose jobs survive its failure. */
    public Map<String, String> highAvailability() {
        return Map.of(
                "high-availability.type",
                "zookeeper",
                "high-availability.zookeeper.quorum",
                "127.0.0.1:" + port,
                "high-availability.zookeeper.client.session-timeout",
                "10000",
                "high-availability.storageDir",
                directory.resolve("jobs").toAbsolutePath().toString());
    }

    @Override
    public void close() {
        process.close();
    }
}
