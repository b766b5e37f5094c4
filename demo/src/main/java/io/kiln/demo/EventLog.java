package io.kiln.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.checkpoints.EventJson;
import io.kiln.operations.AtomicFile;
import io.kiln.schemas.CheckpointEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/** The file of the checkpoint events that were verified, each on a line. */
final class EventLog {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final Set<Long> versions = new HashSet<>();

    /** Opens the file with the events that it holds; a line that is cut off is left out. */
    EventLog(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            StringBuilder whole = new StringBuilder();
            for (String line : Files.readAllLines(file)) {
                try {
                    versions.add(JSON.readTree(line).path("version").asLong());
                    whole.append(line).append('\n');
                } catch (JsonProcessingException e) {
                    break;
                }
            }
            AtomicFile.write(file, whole.toString());
        }
    }

    /** Whether the file holds the event of this version. */
    boolean holds(long version) {
        return versions.contains(version);
    }

    /** Adds an event. */
    void add(CheckpointEvent event) throws IOException {
        Files.writeString(
                file,
                EventJson.line(event) + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
        versions.add(event.getVersion());
    }
}
