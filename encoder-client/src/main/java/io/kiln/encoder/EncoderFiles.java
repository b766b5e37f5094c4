package io.kiln.encoder;

import io.kiln.checkpoints.ArtifactStores;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.FileRole;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of the version that serves, and what has been fetched of one that cannot yet, in a
 * folder of their own. Not thread-safe.
 */
final class EncoderFiles {
    private static final Logger LOG = LoggerFactory.getLogger(EncoderFiles.class);
    private static final Pattern FETCHED =
            Pattern.compile("\\.?.+-v[0-9]+-.+\\.(pt|safetensors)(\\..+)?");

    private final Path cache;
    private final ArtifactStores stores;
    private final Set<Path> used = new HashSet<>();
    private Optional<CheckpointEvent> failing = Optional.empty();

    EncoderFiles(Path cache, ArtifactStores stores) {
        this.cache = cache;
        this.stores = stores;
    }

    /** Files fetched before are no longer needed, but for those of the version that serves. */
    void begin() {
        used.clear();
    }

    /**
     * The verified file of a role, fetched if it is not there. The encoder of a version that was
     * tried before and does not serve is deleted first, also one that is there in part; its adapter
     * may be on the way to others.
     */
    Path fetch(CheckpointEvent event, FileRole role) throws IOException {
        if (role == FileRole.TORCHSCRIPT) {
            failing.filter(before -> !Space.of(before).equals(Space.of(event)))
                    .ifPresent(before -> delete(file -> isEncoder(file, before)));
            failing = Optional.of(event);
        }
        Path file = stores.fetch(event, role, folder(event));
        used.add(file);
        return file;
    }

    private boolean isEncoder(Path file, CheckpointEvent event) {
        String prefix = Pattern.quote(ArtifactStores.prefix(event));
        return folder(event).equals(file.getParent())
                && name(file).matches("\\.?" + prefix + ".+\\.pt(\\..+)?");
    }

    private Path folder(CheckpointEvent event) {
        return cache.resolve("run-" + event.getRunId().replaceAll("[^a-zA-Z0-9._-]", "_"));
    }

    /**
     * The version whose files were fetched since {@link #begin} serves. All others are deleted,
     * also those that an earlier process fetched.
     */
    void serve() {
        failing = Optional.empty();
        delete(file -> !used.contains(file) && FETCHED.matcher(name(file)).matches());
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }

    private void delete(Predicate<Path> which) {
        if (!Files.isDirectory(cache)) {
            return; // nothing could be fetched yet
        }
        try (Stream<Path> files = Files.walk(cache, 2)) {
            for (Path file : files.filter(which).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("files of other versions stay in {}", cache, e);
        }
    }
}
