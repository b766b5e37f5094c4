package io.kiln.evaluation.version;

import io.kiln.checkpoints.Artifacts;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Verified copies of a version's files, in a folder that is deleted again: retention may delete the
 * files themselves at any time.
 */
final class VersionFiles implements AutoCloseable {
    private final CheckpointEvent event;
    private final Path folder;

    VersionFiles(CheckpointEvent event) throws IOException {
        this.event = event;
        this.folder = Files.createTempDirectory("kiln-evaluation");
    }

    /**
     * Fetches the one file of a role.
     *
     * @throws IOException if there is none, or it is gone, or is not the one of the event
     */
    Path fetch(FileRole role) throws IOException {
        return Artifacts.fetch(file(role), folder.resolve(role.name()));
    }

    private CheckpointFile file(FileRole role) throws IOException {
        return CheckpointEvents.file(event, role)
                .orElseThrow(() -> new IOException("its event names no file of role " + role));
    }

    /** A message without the path of a copy, which differs each time. */
    String message(FileRole role, Exception failure) {
        String message = String.valueOf(failure.getMessage());
        return message.replace(folder.resolve(role.name()).toString(), uri(role));
    }

    private String uri(FileRole role) {
        return CheckpointEvents.file(event, role).map(CheckpointFile::getUri).orElse(role.name());
    }

    @Override
    public void close() {
        List<Path> all;
        try (Stream<Path> found = Files.walk(folder)) {
            all = found.sorted(Comparator.reverseOrder()).toList();
            for (Path path : all) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("copies of checkpoint files stay in " + folder, e);
        }
    }
}
