package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.UUID;

/**
 * Reads files of checkpoints by their URI, and verifies them against their event. Supports every
 * URI that java.nio has a file system for.
 */
public final class Artifacts {
    private static final int BUFFER_BYTES = 256 * 1024;

    private Artifacts() {}

    /**
     * Copies a file and verifies the copy. The target appears when it is complete and verified.
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
        Files.createDirectories(parent);
        Path partial = parent.resolve("." + target.getFileName() + "." + UUID.randomUUID());
        try {
            try (FileChannel channel =
                            FileChannel.open(
                                    partial,
                                    StandardOpenOption.CREATE_NEW,
                                    StandardOpenOption.WRITE);
                    OutputStream out = Channels.newOutputStream(channel)) {
                copy(file, out);
                channel.force(true); // the bytes must be on disk before the name is
            }
            return Files.move(
                    partial,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
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
        copy(file, OutputStream.nullOutputStream());
    }

    private static void copy(CheckpointFile file, OutputStream out) throws IOException {
        Path source = path(file);
        if (Files.exists(source) && !Files.isRegularFile(source)) {
            throw mismatch(file, "is not a file");
        }
        MessageDigest digest = Sha256.digest();
        long bytes = 0;
        try (InputStream in = Files.newInputStream(source)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                bytes += read;
                if (bytes > file.getBytes()) {
                    throw mismatch(file, "is longer");
                }
                digest.update(buffer, 0, read);
                out.write(buffer, 0, read);
            }
        } catch (NoSuchFileException e) {
            ArtifactMismatchException missing = mismatch(file, "does not exist");
            missing.initCause(e);
            throw missing;
        }
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
