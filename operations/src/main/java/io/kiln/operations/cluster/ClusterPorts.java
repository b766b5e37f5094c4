package io.kiln.operations.cluster;

import io.kiln.local.Ports;
import io.kiln.operations.OperationException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The ports that others reach a cluster at. A cluster keeps those of its first start.
 *
 * @param broker of the Kafka broker
 * @param registry of the schema registry
 * @param flink of Flink's REST API and web page
 */
record ClusterPorts(int broker, int registry, int flink) {
    /** Those that the defaults of kiln.yaml name. */
    private static final ClusterPorts STANDARD = new ClusterPorts(9092, 8085, 8081);

    private static final String FILE = "ports.json";

    /**
     * Chooses the ports of a cluster: those that are asked for, else those of its earlier starts,
     * else the standard ones, or any in place of those that are taken.
     *
     * @throws OperationException if a port is taken that is asked for or that the cluster had
     *     before
     */
    static ClusterPorts choose(Path folder, Clusters.Ports asked) {
        Optional<ClusterPorts> before = read(folder);
        return new ClusterPorts(
                choose(
                        "--broker-port",
                        asked.broker(),
                        before.map(ClusterPorts::broker),
                        STANDARD.broker),
                choose(
                        "--registry-port",
                        asked.registry(),
                        before.map(ClusterPorts::registry),
                        STANDARD.registry),
                choose(
                        "--flink-port",
                        asked.flink(),
                        before.map(ClusterPorts::flink),
                        STANDARD.flink));
    }

    private static int choose(
            String option, Optional<Integer> asked, Optional<Integer> before, int standard) {
        Optional<Integer> wanted = asked.filter(port -> port != 0);
        if (asked.isEmpty()) {
            wanted = before;
        }
        if (wanted.isPresent() && !Ports.isFree(wanted.get())) {
            throw new OperationException(
                    "port "
                            + wanted.get()
                            + (asked.isPresent() ? "" : ", which the cluster had before,")
                            + " is taken by another process; stop that process, or choose another"
                            + " port with "
                            + option
                            + " (0 for any free one)");
        }
        return wanted.orElseGet(
                () -> asked.isEmpty() && Ports.isFree(standard) ? standard : Ports.free());
    }

    private static Optional<ClusterPorts> read(Path folder) {
        return RecordFile.read(folder.resolve(FILE), ClusterPorts.class);
    }

    /** Keeps the ports for later starts. */
    void write(Path folder) throws IOException {
        RecordFile.write(folder.resolve(FILE), this);
    }
}
