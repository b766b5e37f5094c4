package io.kiln.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Folders to which files are added: what is there, then every new file as it lands, until the
 * thread is interrupted. Looks at all names again and again, which works on network file systems
 * too, where no notice is given of what others write. A file is taken when its size and time have
 * not changed between two looks, so that one that is still being written is not taken by half; a
 * file that changes after it was taken is taken again. What cannot be read for a while, such as a
 * share that is away, is not forgotten, and a file that cannot is taken once it can.
 */
public final class WatchedSource implements ImageSource {
    private final List<Path> folders;
    private final Duration interval;
    private final Links links;
    private final Map<Path, Stamp> taken = new HashMap<>();
    private final Map<Path, Stamp> refused = new HashMap<>(); // tried again, but named once
    private final Map<Path, Optional<Object>> filled = new HashMap<>(); // keys of folders
    private Map<Path, Stamp> seen = new HashMap<>();

    /** What changes when a file does. */
    private record Stamp(long size, FileTime modified) {}

    /**
     * @param folders folders
     * @param interval from one look to the next
     * @param links that are followed
     * @throws IngestException if one is no folder
     */
    public WatchedSource(List<Path> folders, Duration interval, Links links) {
        for (Path folder : folders) {
            if (!Files.isDirectory(folder)) {
                throw new IngestException(folder + " cannot be watched: expected a folder");
            }
        }
        this.folders = List.copyOf(folders);
        this.interval = interval;
        this.links = links;
    }

    @Override
    @SuppressWarnings("InfiniteLoopStatement") // ended by an interrupt
    public void visit(Visitor visitor) throws InterruptedException {
        while (true) {
            look(visitor);
            visitor.idle();
            Thread.sleep(interval.toMillis());
        }
    }

    /** Takes what has not changed since the last look. */
    void look(Visitor visitor) throws InterruptedException {
        Look look = new Look(visitor);
        for (Path folder : folders) {
            FileTree.walk(folder, links, look);
        }
        seen = look.now;
        filled.keySet().removeIf(look::isGone);
        taken.keySet().removeIf(look::isGone);
        refused.keySet().removeIf(look::isGone);
    }

    /** Tells a folder from another one in its place; empty where the file system does not. */
    private static Optional<Object> key(Path folder) {
        try {
            return Optional.ofNullable(
                    Files.readAttributes(folder, BasicFileAttributes.class).fileKey());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Unknown: there is no end. */
    @Override
    public long inputBytes() {
        return UNKNOWN;
    }

    private final class Look implements FileTree.Action {
        private final Map<Path, Stamp> now = new HashMap<>();
        private final Set<Path> walked = new HashSet<>();
        private final Set<Path> unreadable = new HashSet<>();
        private final Visitor visitor;

        private Look(Visitor visitor) {
            this.visitor = visitor;
        }

        /** Whether a file is neither there nor may be in what could not be read. */
        private boolean isGone(Path file) {
            if (now.containsKey(file) || walked.contains(file)) {
                return false;
            }
            Path at = file;
            while (at != null && !unreadable.contains(at)) {
                at = at.getParent();
            }
            return at == null;
        }

        /** Where a share was mounted is an empty folder, with another key, while it is away. */
        @Override
        public void folder(Path folder, boolean isEmpty) {
            walked.add(folder);
            Optional<Object> key = key(folder);
            if (!isEmpty) {
                filled.putIfAbsent(folder, key);
            } else if (!filled.getOrDefault(folder, key).equals(key)) {
                unreadable.add(folder);
            }
        }

        @Override
        public void file(Path file) throws InterruptedException {
            BasicFileAttributes attributes;
            Stamp stamp;
            try {
                attributes = Files.readAttributes(file, BasicFileAttributes.class);
                stamp = new Stamp(attributes.size(), attributes.lastModifiedTime());
            } catch (IOException e) {
                unreadable(file, e);
                return;
            }
            now.put(file, stamp);
            if (stamp.equals(seen.get(file)) && !stamp.equals(taken.get(file))) {
                take(file, stamp, attributes.isRegularFile());
            }
        }

        private void take(Path file, Stamp stamp, boolean regular) throws InterruptedException {
            try {
                if (regular) {
                    requireReadable(file);
                }
            } catch (IOException e) {
                if (!stamp.equals(refused.put(file, stamp))) {
                    visitor.refused(Unreadable.of(Origin.of(file), e));
                }
                return;
            }
            refused.remove(file);
            taken.put(file, stamp);
            ImageFile.visit(file, visitor);
        }

        /** Some errors come with the first read only. */
        private static void requireReadable(Path file) throws IOException {
            try (InputStream in = Files.newInputStream(file)) {
                in.read();
            }
        }

        @Override
        public void unreadable(Path path, IOException reason) {
            // Not named: it may be readable at the next look, and each look would name it anew.
            if (!(reason instanceof NoSuchFileException) || folders.contains(path)) {
                unreadable.add(path);
            }
        }

        @Override
        public void hidden(Path path) {
            // Names such as .part are how others hide what they are still writing.
        }

        @Override
        public void outside(Path link, Path target) {
            // Each look would name it anew.
        }
    }
}
