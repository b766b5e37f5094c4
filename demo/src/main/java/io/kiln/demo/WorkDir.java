package io.kiln.demo;

import io.kiln.operations.Folders;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.ShellWord;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The working directory of a demo. A marker file identifies it; only a marked folder is cleaned,
 * and only of files that a demo writes. A lock keeps it to one demo at a time.
 */
final class WorkDir implements AutoCloseable {
    private static final String MARKER = ".kiln-demo";
    private static final String KAFKA = "kafka";
    private static final String REGISTRY = "registry";
    private static final String FLINK = "flink";
    private static final String PICTURES = "pictures";
    private static final List<String> SERVERS = List.of(KAFKA, REGISTRY, FLINK);
    private static final List<String> RESULTS =
            List.of(
                    "artifacts",
                    "images",
                    "logs",
                    "report.html",
                    "reconstructions.png",
                    PICTURES,
                    "events.jsonl",
                    "steps.csv",
                    "loss.svg");

    private final Path root;
    private final FileChannel marker;
    private boolean finished;

    private WorkDir(Path root, FileChannel marker) {
        this.root = root;
        this.marker = marker;
    }

    /**
     * Takes a new or empty folder, or that of an earlier demo, whose results it removes.
     *
     * @param bytes free space that the demo needs
     * @throws OperationException if the folder holds something else or an interrupted demo, is in
     *     use, cannot be written or is too small
     */
    static WorkDir take(Path folder, long bytes) {
        return open(
                folder,
                taken -> {
                    taken.requireOver();
                    taken.prepare(bytes);
                });
    }

    /**
     * Takes the folder of an interrupted demo with all that it holds.
     *
     * @throws OperationException if it is in use or cannot be written
     */
    static WorkDir resume(Path folder) {
        return open(folder, taken -> {});
    }

    private interface Opening {
        void prepare(WorkDir taken) throws IOException;
    }

    private static WorkDir open(Path folder, Opening opening) {
        Path root = folder.toAbsolutePath().normalize();
        try {
            requireOwn(root);
            Files.createDirectories(root);
            WorkDir taken = new WorkDir(root, lock(root.resolve(MARKER)));
            try {
                opening.prepare(taken);
                return taken;
            } catch (IOException | OperationException e) {
                taken.close();
                throw e;
            }
        } catch (IOException e) {
            throw new OperationException(
                    "--work-dir "
                            + root
                            + ": cannot be written ("
                            + e
                            + "); expected a folder this user may write to",
                    e);
        }
    }

    private void requireOver() {
        if (isResumable()) {
            throw new OperationException(
                    "--work-dir "
                            + root
                            + ": holds an interrupted demo; continue it with --resume, or delete"
                            + " the folder, or give another --work-dir");
        }
    }

    private void prepare(long bytes) throws IOException {
        remove(RESULTS);
        remove(SERVERS);
        requireSpace(bytes);
        Files.createDirectories(logs());
        Files.createDirectories(pictures());
    }

    private static void requireOwn(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        if (!Files.isDirectory(root)) {
            throw new OperationException("--work-dir " + root + ": is a file; expected a folder");
        }
        try (Stream<Path> entries = Files.list(root)) {
            boolean empty = entries.findAny().isEmpty();
            if (!empty && !Files.isRegularFile(root.resolve(MARKER))) {
                throw new OperationException(
                        "--work-dir "
                                + root
                                + ": holds files that are not a demo's; expected a new or an empty folder, or"
                                + " that of an earlier demo");
            }
        }
    }

    private static FileChannel lock(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // Another demo in this process holds the lock.
        }
        channel.close();
        throw new OperationException(
                "--work-dir "
                        + file.getParent()
                        + ": another demo is running there; give each its own --work-dir");
    }

    private void requireSpace(long bytes) throws IOException {
        long free = Files.getFileStore(root).getUsableSpace();
        if (free < bytes) {
            throw new OperationException(
                    "--work-dir "
                            + root
                            + ": "
                            + (free >> 20)
                            + " MiB are free; the demo may need "
                            + (bytes >> 20)
                            + " MiB; free some space, or give a --work-dir on another disk");
        }
    }

    private void remove(List<String> names) throws IOException {
        for (String name : names) {
            Folders.delete(root.resolve(name));
        }
    }

    /** What the servers keep: folders and their size. */
    String kept() {
        long bytes = 0;
        try {
            for (String name : SERVERS) {
                bytes += Folders.bytes(root.resolve(name));
            }
        } catch (IOException e) {
            // They still write; the size is one of a moment anyway.
        }
        return String.join(", ", SERVERS) + " in " + root + " (" + (bytes >> 20) + " MiB)";
    }

    /**
     * Marks the demo as over: closing then removes the data of the servers and keeps the results.
     * After a failure, and while the demo can be resumed, they are kept.
     */
    void finished() {
        finished = true;
    }

    /** What the demo can be resumed with, while it can be. */
    Path resumable() {
        return Resumable.file(root);
    }

    /** Whether the demo can be resumed. */
    boolean isResumable() {
        return Files.exists(resumable());
    }

    /** The command that resumes the demo. */
    String resumption() {
        return "kiln demo --resume --work-dir " + ShellWord.of(root.toString());
    }

    /** Gives up that the demo can be resumed. */
    void notResumable() {
        try {
            Files.deleteIfExists(resumable());
        } catch (IOException e) {
            throw new OperationException(resumable() + ": cannot be deleted (" + e + ")", e);
        }
    }

    Path root() {
        return root;
    }

    Path kafka() {
        return root.resolve(KAFKA);
    }

    Path registry() {
        return root.resolve(REGISTRY);
    }

    Path flink() {
        return root.resolve(FLINK);
    }

    Path artifacts() {
        return root.resolve("artifacts");
    }

    /** Folder of generated images. */
    Path images() {
        return root.resolve("images");
    }

    Path logs() {
        return root.resolve("logs");
    }

    Path log() {
        return logs().resolve("kiln.log");
    }

    Path report() {
        return root.resolve("report.html");
    }

    Path reconstructions() {
        return root.resolve("reconstructions.png");
    }

    /** Folder of the reconstructions that the report shows. */
    Path pictures() {
        return root.resolve(PICTURES);
    }

    Path events() {
        return root.resolve("events.jsonl");
    }

    Path steps() {
        return root.resolve("steps.csv");
    }

    Path lossCurve() {
        return root.resolve("loss.svg");
    }

    @Override
    public void close() throws IOException {
        if (finished && !isResumable()) {
            remove(SERVERS);
        }
        marker.close();
    }
}
