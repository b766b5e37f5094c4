package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Copies a file of a checkpoint. The copy grows under a hidden name that the file's SHA-256 is part
 * of, so that a download goes on where a killed process left it. Of several downloads of a file at
 * a time, one has this name, and the others begin from nothing under names of their own.
 */
final class Download {
    private static final int BUFFER_BYTES = 256 * 1024;

    private final CheckpointFile file;
    private final SeekableByteChannel source;
    private final Path target;

    /**
     * Prepares a download.
     *
     * @param source bytes that should be those that the event tells of
     * @param target where they go; its folder must exist
     */
    Download(CheckpointFile file, SeekableByteChannel source, Path target) {
        this.file = file;
        this.source = source;
        this.target = target;
    }

    /**
     * Copies, verifies, and moves the copy to the target.
     *
     * @throws ArtifactMismatchException if the source differs from the event
     * @throws IOException if it cannot be read, or the target cannot be written
     */
    void run() throws IOException {
        if (goOn(partial(file.getSha256()))) {
            return;
        }
        Path own = partial(UUID.randomUUID().toString());
        try {
            goOn(own);
        } finally {
            Files.deleteIfExists(own);
        }
    }

    private Path partial(String suffix) {
        return target.resolveSibling("." + target.getFileName() + "." + suffix);
    }

    /** Goes on with a copy, from nothing if there is none; not if another download has it. */
    private boolean goOn(Path partial) throws IOException {
        try {
            Files.createFile(partial);
        } catch (FileAlreadyExistsException e) {
            // to go on with
        }
        try {
            Object identity = identity(partial);
            try (FileChannel copy =
                    FileChannel.open(partial, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                if (!isLocked(copy) || !identity(partial).equals(identity)) {
                    return false; // or has just had it: the channel may be of the other's target
                }
                complete(copy, partial);
                return true;
            }
        } catch (NoSuchFileException e) {
            return false; // the other has just moved it to its target
        }
    }

    /** What tells a file from another of the same name. */
    private static Object identity(Path partial) throws IOException {
        @Nullable Object key = Files.readAttributes(partial, BasicFileAttributes.class).fileKey();
        return key == null ? partial : key;
    }

    /** The lock ends when the channel is closed. */
    private static boolean isLocked(FileChannel copy) throws IOException {
        try {
            return copy.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // another thread has it
        }
    }

    private void complete(FileChannel copy, Path partial) throws IOException {
        boolean resumed = copy.size() > 0;
        try {
            append(copy);
        } catch (ArtifactMismatchException e) {
            copy.truncate(0);
            if (!resumed) {
                Files.delete(partial);
                throw e;
            }
            complete(copy, partial); // what was there may have been what differs
            return;
        }
        copy.force(true); // the bytes must be on disk before the name is
        Files.move(
                partial,
                target,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** Appends to a copy what it lacks, and verifies the whole. */
    private void append(FileChannel copy) throws IOException {
        MessageDigest digest = Sha256.digest();
        long bytes = digest(copy, digest);
        source.position(bytes);
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        while (source.read(buffer) >= 0) {
            buffer.flip();
            bytes += buffer.remaining();
            Artifacts.requireNotLonger(file, bytes);
            digest.update(buffer.duplicate());
            while (buffer.hasRemaining()) {
                copy.write(buffer);
            }
            buffer.clear();
        }
        Artifacts.requireSame(file, bytes, digest);
    }

    /** Reads a copy to its end, and returns its length. */
    private static long digest(FileChannel copy, MessageDigest digest) throws IOException {
        copy.position(0);
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        while (copy.read(buffer) >= 0) {
            digest.update(buffer.flip());
            buffer.clear();
        }
        return copy.position();
    }
}
