package io.kiln.encoder;

import io.kiln.checkpoints.ArtifactStores;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.FileRole;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of the version that serves and of the one that should, in a folder that holds no
 * others. Not thread-safe.
 */
final class EncoderFiles {
    private static final Logger LOG = LoggerFactory.getLogger(EncoderFiles.class);
    private static final Pattern FETCHED =
            Pattern.compile("\\.?.+-v[0-9]+-.+\\.(pt|safetensors)(\\..+)?");

    private final Path cache;
    private final ArtifactStores stores;
    private final Set<Path> used = new HashSet<>();
    private Set<Path> serving = Set.of();

    EncoderFiles(Path cache, ArtifactStores stores) {
        this.cache = cache;
        this.stores = stores;
    }

    /** Files fetched before are no longer needed, but for those of the version that serves. */
    void begin() {
        used.clear();
    }

    /** The verified file of a role, fetched if it is not there. */
    Path fetch(CheckpointEvent event, FileRole role) throws IOException {
        Path folder = cache.resolve("run-" + event.getRunId().replaceAll("[^a-zA-Z0-9._-]", "_"));
        Path file = stores.fetch(event, role, folder);
        used.add(file);
        return file;
    }

    /** The version whose files were fetched since {@link #begin} serves. */
    void serve() {
        serving = Set.copyOf(used);
    }

    /**
     * Deletes what was not fetched since {@link #begin} and is not of the version that serves:
     * files of versions before, also of those that could not be used or that an earlier process
     * fetched.
     */
    void deleteOthers() {
        try (Stream<Path> files = Files.walk(cache, 2)) {
            for (Path file : files.toList()) {
                if (!used.contains(file)
                        && !serving.contains(file)
                        && FETCHED.matcher(file.getFileName().toString()).matches()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("files of older versions stay in {}", cache, e);
        }
    }
}
