package io.kiln.demo;

import io.kiln.ingest.ImageSource;
import io.kiln.ingest.Origin;
import io.kiln.ingest.PathSource;
import io.kiln.ingest.Refusal;
import io.kiln.ingest.Refusal.Reason;
import io.kiln.operations.OperationException;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The files of a folder in shuffled order, so that a batch does not consist of neighbouring files.
 * Each visit lists the folder again and uses the same order.
 */
final class ShuffledFolder implements ImageSource {
    private static final long SEED = 42;

    /** Assumed size of an image in an archive. */
    private static final long TYPICAL_BYTES = 128 * 1024;

    private final Path folder;

    private ShuffledFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * The images under a path: shuffled if it is a folder, in their order if it is an archive.
     *
     * @throws OperationException if it is missing, cannot be read, or holds no file
     */
    static ImageSource of(Path path) {
        if (!Files.exists(path)) {
            throw new OperationException(
                    "--images " + path + ": does not exist; expected a folder of images");
        }
        if (!Files.isReadable(path)) {
            throw new OperationException(
                    "--images " + path + ": cannot be read: permission denied");
        }
        if (!Files.isDirectory(path)) {
            return PathSource.of(path);
        }
        if (files(path, (file, reason) -> {}).isEmpty()) {
            throw new OperationException("--images " + path + ": holds no files");
        }
        return new ShuffledFolder(path);
    }

    /**
     * The mean size of the files under a path in bytes, an estimate of their size in the broker.
     */
    static long meanBytes(Path path) {
        return Files.isDirectory(path)
                ? (long)
                        files(path, (file, reason) -> {}).stream()
                                .mapToLong(file -> file.toFile().length())
                                .average()
                                .orElse(0)
                : TYPICAL_BYTES;
    }

    @Override
    public void visit(Visitor visitor) throws InterruptedException {
        List<Path> files =
                files(
                        folder,
                        (file, reason) ->
                                visitor.refused(
                                        new Refusal(
                                                Origin.of(file),
                                                Reason.UNREADABLE,
                                                String.valueOf(reason.getMessage()))));
        Collections.shuffle(files, new Random(SEED));
        for (Path file : files) {
            if (Files.exists(file)) { // it may have been deleted since
                PathSource.of(file).visit(visitor);
            }
        }
    }

    @Override
    public long inputBytes() {
        return UNKNOWN;
    }

    /** Whether a symbolic link leads out of a folder, whose real path is given. */
    private static boolean isOutside(Path path, Path root) {
        try {
            return Files.isSymbolicLink(path) && !path.toRealPath().startsWith(root);
        } catch (IOException e) {
            return false; // reading it will say why
        }
    }

    /** Receives the files that cannot be read. */
    private interface Unreadable {
        void tell(Path file, IOException reason);
    }

    /** The files below a folder, sorted, without hidden files. */
    private static List<Path> files(Path folder, Unreadable unreadable) {
        List<Path> files = new ArrayList<>();
        try {
            Path root = folder.toRealPath();
            Files.walkFileTree(
                    folder,
                    EnumSet.of(FileVisitOption.FOLLOW_LINKS),
                    Integer.MAX_VALUE,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(
                                Path path, BasicFileAttributes attributes) {
                            return !path.equals(folder) && (isHidden(path) || isOutside(path, root))
                                    ? FileVisitResult.SKIP_SUBTREE
                                    : FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(
                                Path path, BasicFileAttributes attributes) {
                            if (!isHidden(path) && !isOutside(path, root)) {
                                files.add(path);
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path path, IOException reason) {
                            unreadable.tell(path, reason);
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult postVisitDirectory(
                                Path path, @Nullable IOException reason) {
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new OperationException(
                    "--images " + folder + ": cannot be read (" + e.getMessage() + ")", e);
        }
        Collections.sort(files);
        return files;
    }

    private static boolean isHidden(Path path) {
        return path.getFileName().toString().startsWith(".");
    }
}
