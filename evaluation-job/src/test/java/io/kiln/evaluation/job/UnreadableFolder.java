package io.kiln.evaluation.job;

import io.kiln.schemas.CheckpointEvent;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** A version's folder that cannot be read, whoever asks, until it is restored. */
record UnreadableFolder(Path folder, Path aside) {
    static UnreadableFolder of(CheckpointEvent event) throws IOException {
        Path file = Path.of(URI.create(event.getFiles().get(0).getUri()));
        Path folder = file.resolveSibling("");
        Path aside = folder.resolveSibling("aside");
        Files.move(folder, aside);
        Files.createFile(folder);
        return new UnreadableFolder(folder, aside);
    }

    void restore() throws IOException {
        Files.delete(folder);
        Files.move(aside, folder);
    }
}
