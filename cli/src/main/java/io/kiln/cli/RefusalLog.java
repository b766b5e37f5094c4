package io.kiln.cli;

import io.kiln.ingest.IngestException;
import io.kiln.ingest.IngestListener;
import io.kiln.ingest.IngestProgress;
import io.kiln.ingest.Refusal;
import io.kiln.operations.console.Json;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Writes each refusal to a file, one JSON object a line, so that the sources of a run are accounted
 * for by name: what is neither in the topic nor in the file was hidden or sent before.
 */
final class RefusalLog implements IngestListener, AutoCloseable {
    private final @Nullable Path file;
    private final @Nullable BufferedWriter writer;
    private final IngestListener next;

    private RefusalLog(@Nullable Path file, @Nullable BufferedWriter writer, IngestListener next) {
        this.file = file;
        this.writer = writer;
        this.next = next;
    }

    /**
     * @param file replaced if it exists; null to write nothing
     * @param next hears of everything too
     * @throws IngestException if the file cannot be written
     */
    static RefusalLog to(@Nullable Path file, IngestListener next) {
        try {
            return new RefusalLog(file, file == null ? null : Files.newBufferedWriter(file), next);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    @Override
    public void progress(IngestProgress progress) {
        next.progress(progress);
    }

    @Override
    public void refused(Refusal refusal) {
        next.refused(refusal);
        if (writer == null) {
            return;
        }
        try {
            writer.write(
                    Json.MAPPER
                            .createObjectNode()
                            .put("name", refusal.origin().name())
                            .put("source", refusal.origin().uri())
                            .put("reason", refusal.reason().name())
                            .put("detail", refusal.detail())
                            .toString());
            writer.newLine();
            writer.flush(); // a run that is killed leaves what it has refused
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private static IngestException failed(@Nullable Path file, IOException reason) {
        return new IngestException(
                "--refused: " + file + " cannot be written: " + reason.getMessage(), reason);
    }

    @Override
    public void close() {
        if (writer == null) {
            return;
        }
        try {
            writer.close();
        } catch (IOException e) {
            throw failed(file, e);
        }
    }
}
