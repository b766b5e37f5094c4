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
import org.jspecify.annotations.Nullable;

/**
 * Walks a folder and all below it, sorted by name, so that the order is the same on every machine.
 * Reads each folder once, however many symbolic links lead to it: links in a circle end there.
 * Links that lead out of the root are followed only if asked for. Passes over what is hidden (its
 * name begins with a dot), the root excepted.
 */
final class FileTree {
    /** What is done with what is found. */
    interface Action {
        void file(Path file) throws InterruptedException;

        /** A folder, before what is in it. */
        default void folder(Path folder, boolean isEmpty) {}

        void unreadable(Path path, IOException reason) throws InterruptedException;

        void hidden(Path path);

        /** A symbolic link that leads out of the root and was not followed. */
        void outside(Path link, Path target) throws InterruptedException;
    }

    private final Action action;
    private final Path root;
    private final Links links;
    private final Set<Path> seen = new HashSet<>();

    private FileTree(Path root, Links links, Action action) {
        this.root = root;
        this.links = links;
        this.action = action;
    }

    /**
     * @throws InterruptedException if the thread is interrupted between two files
     */
    static void walk(Path root, Links links, Action action) throws InterruptedException {
        if (!Files.isDirectory(root)) {
            Interrupts.check();
            action.file(root); // which names what is wrong with it
            return;
        }
        Path real;
        try {
            real = root.toRealPath();
        } catch (IOException e) {
            action.file(root);
            return;
        }
        new FileTree(real, links, action).visit(root);
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
        action.folder(path, children.isEmpty());
        for (Path child : children) {
            Path target = links == Links.WITHIN ? targetOutside(child) : null;
            if (child.getFileName().toString().startsWith(".")) {
                action.hidden(child);
            } else if (target != null) {
                action.outside(child, target);
            } else {
                visit(child);
            }
        }
    }

    /** Where a symbolic link leads to if that is outside of the root; null otherwise. */
    private @Nullable Path targetOutside(Path child) {
        if (!Files.isSymbolicLink(child)) {
            return null;
        }
        try {
            Path target = child.toRealPath();
            return target.startsWith(root) ? null : target;
        } catch (IOException e) {
            return null; // it leads nowhere, which the visit tells
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
