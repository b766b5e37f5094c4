package io.kiln.ingest;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Walks a folder and all below it, sorted by name, so that the order is the same on every machine.
 * Follows symbolic links, but reads each folder once, however many links lead to it: links in a
 * circle end there. Passes over what is hidden (its name begins with a dot), the root excepted.
 */
final class FileTree {
    /** What is done with what is found. */
    interface Action {
        void file(Path file) throws InterruptedException;

        void unreadable(Path path, IOException reason) throws InterruptedException;

        void hidden(Path path);
    }

    private final Action action;
    private final Set<Path> seen = new HashSet<>();

    private FileTree(Action action) {
        this.action = action;
    }

    /**
     * @throws InterruptedException if the thread is interrupted between two files
     */
    static void walk(Path root, Action action) throws InterruptedException {
        new FileTree(action).visit(root);
    }

    private void visit(Path path) throws InterruptedException {
        Interrupts.check();
        if (!Files.isDirectory(path)) {
            action.file(path);
            return;
        }
        List<Path> children;
        try {
            if (!seen.add(path.toRealPath())) {
                return;
            }
            children = children(path);
        } catch (IOException e) {
            action.unreadable(path, e);
            return;
        }
        for (Path child : children) {
            if (child.getFileName().toString().startsWith(".")) {
                action.hidden(child);
            } else {
                visit(child);
            }
        }
    }

    private static List<Path> children(Path folder) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(children::add);
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(children);
        return children;
    }
}
