package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Files of checkpoints: found by their URI, verified against their event. Reads whatever java.nio
 * has a file system for.
 */
public final class Artifacts {
    private Artifacts() {}

    /**
     * Copies a file and verifies it on the way; the target appears whole and verified, or not at
     * all.
     *
     * @return the target
     * @throws ArtifactMismatchException if the file is missing, or length or SHA-256 differ from
     *     the event's
     */
    public static Path fetch(CheckpointFile file, Path target) throws IOException {
        Path parent = target.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(target + " is not the name of a file");
        }
        Files.createDirectories(parent);
        Path partial = Files.createTempFile(parent, "." + target.getFileName(), ".part");
        try (DigestInputStream in = open(file)) {
            long bytes = Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
            requireMatch(file, bytes, in);
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
     * Verifies a file where it is.
     *
     * @throws ArtifactMismatchException if the file is missing, or length or SHA-256 differ from
     *     the event's
     */
    public static void verify(CheckpointFile file) throws IOException {
        try (DigestInputStream in = open(file)) {
            requireMatch(file, in.transferTo(java.io.OutputStream.nullOutputStream()), in);
        }
    }

    private static DigestInputStream open(CheckpointFile file) throws IOException {
        try {
            InputStream in = Files.newInputStream(Path.of(URI.create(file.getUri())));
            return new DigestInputStream(in, MessageDigest.getInstance("SHA-256"));
        } catch (NoSuchFileException e) {
            ArtifactMismatchException missing =
                    new ArtifactMismatchException(
                            file.getUri()
                                    + " does not exist; expected "
                                    + file.getBytes()
                                    + " bytes with SHA-256 "
                                    + file.getSha256());
            missing.initCause(e);
            throw missing;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void requireMatch(CheckpointFile file, long bytes, DigestInputStream read) {
        String sha256 = HexFormat.of().formatHex(read.getMessageDigest().digest());
        if (bytes != file.getBytes() || !sha256.equals(file.getSha256())) {
            throw new ArtifactMismatchException(
                    file.getUri()
                            + " has "
                            + bytes
                            + " bytes with SHA-256 "
                            + sha256
                            + "; expected "
                            + file.getBytes()
                            + " bytes with SHA-256 "
                            + file.getSha256());
        }
    }
}
