package io.kiln.operations.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.operations.AtomicFile;
import io.kiln.operations.OperationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** What a cluster's folder records of it: a file for each record, as JSON. */
final class RecordFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private RecordFile() {}

    /**
     * Reads a record.
     *
     * @return empty if there is no such file
     * @throws OperationException if the file cannot be read
     */
    static <T> Optional<T> read(Path file, Class<T> type) {
        try {
            return Optional.of(JSON.readValue(Files.readString(file), type));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new OperationException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Writes a record atomically. */
    static void write(Path file, Object written) throws IOException {
        AtomicFile.write(file, JSON.writeValueAsString(written));
    }
}
