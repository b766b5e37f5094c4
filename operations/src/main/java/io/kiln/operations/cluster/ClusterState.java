package io.kiln.operations.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.operations.AtomicFile;
import io.kiln.operations.OperationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A cluster that was started, as its folder tells.
 *
 * @param supervisor process id of the process that holds the others
 * @param supervisorStart when it started, in milliseconds since 1970, since ids are used again
 * @param bootstrapServers address of the broker
 * @param registryUrl address of the schema registry
 * @param flinkUrl address of Flink's web page and REST API
 */
public record ClusterState(
        long supervisor,
        long supervisorStart,
        String bootstrapServers,
        String registryUrl,
        String flinkUrl) {
    private static final String FILE = "cluster.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Where the cluster's configuration for the other verbs is. */
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
        Path file = folder.resolve(FILE);
        try {
            return Optional.of(JSON.readValue(Files.readString(file), ClusterState.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new OperationException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Writes the state; it appears whole or not at all. */
    void write(Path folder) throws IOException {
        AtomicFile.write(folder.resolve(FILE), JSON.writeValueAsString(this));
    }

    static void delete(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(FILE));
    }

    /** The supervisor's process, if it runs. */
    Optional<ProcessHandle> process() {
        return ProcessHandle.of(supervisor).filter(p -> startOf(p) == supervisorStart);
    }

    /** When a process started, in milliseconds since 1970; 0 if the system does not tell. */
    static long startOf(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }
}
