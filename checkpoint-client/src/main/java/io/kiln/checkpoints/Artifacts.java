package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Sha256;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * Reads files of checkpoints by their URI, and verifies them against their event. Supports every
 * URI that java.nio has a file system for.
 */
public final class Artifacts {
    private static final int BUFFER_BYTES = 256 * 1024;

    private Artifacts() {}

    /**
     * Copies a file and verifies the copy. The target appears when it is complete and verified. A
     * target that is this file already stays as it is, and a copy that was broken off goes on.
     *
     * @return the target
     * @throws ArtifactMismatchException if the file is missing, or length or SHA-256 differ from
     *     the event's
     * @throws IOException if it cannot be read, or the target cannot be written
     */
    public static Path fetch(CheckpointFile file, Path target) throws IOException {
        Path parent = target.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(target + " does not name a file");
        }
        if (isCopy(file, target)) {
            return target;
        }
        try (SeekableByteChannel source = open(file, path(file))) {
            Files.createDirectories(parent);
            new Download(file, source, target).run();
        }
        return target;
    }

    /** See {@link CheckpointSubscriber#fetch}. */
    static Path fetch(CheckpointEvent event, FileRole role, Path folder) throws IOException {
        CheckpointFile file =
                CheckpointEvents.file(event, role)
                        .orElseThrow(
                                () ->
                                        new ArtifactMismatchException(
                                                "event "
                                                        + event.getEventId()
                                                        + " has no file of role "
                                                        + role));
        String name = file.getUri().substring(file.getUri().lastIndexOf('/') + 1);
        return fetch(file, folder.resolve(prefix(event) + name));
    }

    /** How the names of a version's fetched files begin; they stay in their folder. */
    static String prefix(CheckpointEvent event) {
        String model = event.getModel().replaceAll("[^a-zA-Z0-9._-]", "_");
        return model + "-v" + event.getVersion() + "-";
    }

    private static boolean isCopy(CheckpointFile file, Path target) throws IOException {
        if (!Files.isRegularFile(target) || Files.size(target) != file.getBytes()) {
            return false;
        }
        try {
            verify(file, target);
            return true;
        } catch (ArtifactMismatchException e) {
            return false;
        }
    }

    /**
     * Verifies a file in place.
     *
     * @throws ArtifactMismatchException if the file is missing, or length or SHA-256 differ from
     *     the event's
     * @throws IOException if it cannot be read
     */
    public static void verify(CheckpointFile file) throws IOException {
        verify(file, path(file));
    }

    private static void verify(CheckpointFile file, Path path) throws IOException {
        MessageDigest digest = Sha256.digest();
        long bytes = 0;
        try (SeekableByteChannel in = open(file, path)) {
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
            while (in.read(buffer) >= 0) {
                bytes += buffer.position();
                requireNotLonger(file, bytes);
                digest.update(buffer.flip());
                buffer.clear();
            }
        }
        requireSame(file, bytes, digest);
    }

    private static SeekableByteChannel open(CheckpointFile file, Path path) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw mismatch(file, "is not a file");
        }
        try {
            return Files.newByteChannel(path);
        } catch (NoSuchFileException e) {
            ArtifactMismatchException missing = mismatch(file, "does not exist");
            missing.initCause(e);
            throw missing;
        }
    }

    static void requireNotLonger(CheckpointFile file, long bytes) throws ArtifactMismatchException {
        if (bytes > file.getBytes()) {
            throw mismatch(file, "is longer");
        }
    }

    static void requireSame(CheckpointFile file, long bytes, MessageDigest digest)
            throws ArtifactMismatchException {
        String sha256 = Sha256.hex(digest);
        if (bytes != file.getBytes() || !sha256.equals(file.getSha256())) {
            throw mismatch(file, "has " + bytes + " bytes with SHA-256 " + sha256);
        }
    }

    private static ArtifactMismatchException mismatch(CheckpointFile file, String found) {
        return new ArtifactMismatchException(
                file.getUri()
                        + " "
                        + found
                        + "; expected "
                        + file.getBytes()
                        + " bytes with SHA-256 "
                        + file.getSha256());
    }

    private static Path path(CheckpointFile file) throws IOException {
        try {
            return Path.of(new URI(file.getUri()));
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            throw new IOException(
                    file.getUri()
                            + " cannot be reached from here ("
                            + e.getMessage()
                            + "); expected a URI such as file:///data/model.safetensors, or one"
                            + " whose scheme has a java.nio file system on the class path",
                    e);
        }
    }
}
