package io.kiln.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Folders to which files are added: what is there, then every new file as it lands, until the
 * thread is interrupted. Looks at all names again and again, which works on network file systems
 * too, where no notice is given of what others write. A file is taken when its size and time have
 * not changed between two looks, so that one that is still being written is not taken by half; a
 * file that changes after it was taken is taken again.
 */
public final class WatchedSource implements ImageSource {
    private final List<Path> folders;
    private final Duration interval;
    private final Links links;
    private final Map<Path, Stamp> taken = new HashMap<>();
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
        Map<Path, Stamp> now = new HashMap<>();
        for (Path folder : folders) {
            FileTree.walk(folder, links, new Look(now, visitor));
        }
        seen = now;
        taken.keySet().retainAll(now.keySet());
    }

    /** Unknown: there is no end. */
    @Override
    public long inputBytes() {
        return UNKNOWN;
    }

    private final class Look implements FileTree.Action {
        private final Map<Path, Stamp> now;
        private final Visitor visitor;

        private Look(Map<Path, Stamp> now, Visitor visitor) {
            this.now = now;
            this.visitor = visitor;
        }

        @Override
        public void file(Path file) throws InterruptedException {
            Stamp stamp;
            try {
                BasicFileAttributes attributes =
                        Files.readAttributes(file, BasicFileAttributes.class);
                stamp = new Stamp(attributes.size(), attributes.lastModifiedTime());
            } catch (IOException e) {
                return; // gone again, or not readable yet
            }
            now.put(file, stamp);
            if (stamp.equals(seen.get(file)) && !stamp.equals(taken.get(file))) {
                taken.put(file, stamp);
                ImageFile.visit(file, visitor);
            }
        }

        @Override
        public void unreadable(Path folder, IOException reason) {
            // It may be readable at the next look; each look would name it anew.
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
