package io.kiln.operations.cluster;

import io.kiln.local.FlinkCluster;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.operations.OperationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A cluster that starts or runs, as recorded in its folder.
 *
 * @param supervisor id of the supervisor process
 * @param supervisorTicks start of that process in the kernel's ticks since it booted, because ids
 *     are reused; 0 where there is no /proc, and in records of an earlier Kiln
 * @param supervisorStart the same in milliseconds since 1970, which moves with the system's clock
 * @param bootstrapServers address of the broker
 * @param registryUrl address of the schema registry
 * @param flinkUrl address of Flink's web page and REST API
 * @param taskManagers number of Flink's task managers that were started
 * @param ready whether all processes have answered once
 */
public record ClusterState(
        long supervisor,
        long supervisorTicks,
        long supervisorStart,
        String bootstrapServers,
        String registryUrl,
        String flinkUrl,
        int taskManagers,
        boolean ready) {
    private static final String FILE = "cluster.json";
    private static final int STATE = 3; // fields of /proc/PID/stat
    private static final int START = 22;

    /** The state of a cluster with a supervisor. */
    static ClusterState of(
            ProcessHandle supervisor, ClusterPorts ports, int taskManagers, boolean ready) {
        return new ClusterState(
                supervisor.pid(),
                ticksOf(supervisor),
                startOf(supervisor),
                LocalBroker.bootstrapServers(ports.broker()),
                LocalRegistry.url(ports.registry()),
                FlinkCluster.restUrl(ports.flink()),
                taskManagers,
                ready);
    }

    /** The configuration file for the other verbs. */
    static Path config(Path folder) {
        return folder.resolve("kiln.yaml");
    }

    static Path log(Path folder) {
        return folder.resolve("supervisor.log");
    }

    /**
     * Reads the state of a folder.
     *
     * @return empty if no cluster was started there, or it was stopped
     * @throws OperationException if the file cannot be read
     */
    static Optional<ClusterState> read(Path folder) {
        return RecordFile.read(folder.resolve(FILE), ClusterState.class);
    }

    /** Writes the state atomically. */
    void write(Path folder) throws IOException {
        RecordFile.write(folder.resolve(FILE), this);
    }

    /**
     * Deletes the state of a folder, unless it is that of another supervisor.
     *
     * @param supervisor id of the supervisor process
     * @throws OperationException if the file cannot be deleted
     */
    static void delete(Path folder, long supervisor) {
        if (read(folder).filter(state -> state.supervisor == supervisor).isEmpty()) {
            return;
        }
        Path file = folder.resolve(FILE);
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new OperationException(file + " cannot be deleted: " + e.getMessage(), e);
        }
    }

    /** The supervisor process, if it runs. */
    Optional<ProcessHandle> process() {
        return ProcessHandle.of(supervisor).filter(this::isSupervisor);
    }

    private boolean isSupervisor(ProcessHandle process) {
        return supervisorTicks == 0
                ? startOf(process) == supervisorStart
                : ticksOf(process) == supervisorTicks;
    }

    /** The start of a process in milliseconds since 1970; 0 if unknown. */
    private static long startOf(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    /** The start of a process in ticks since the kernel booted, see proc(5); 0 if unknown. */
    private static long ticksOf(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            String afterName = stat.substring(stat.lastIndexOf(')') + 2);
            return Long.parseLong(afterName.split(" ")[START - STATE]);
        } catch (IOException e) {
            return 0;
        }
    }
}
