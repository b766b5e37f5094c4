package io.kiln.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A folder with all below it, an archive or a single image. What a file is follows from its bytes:
 * archives within folders are opened too, so a folder of shards is a source as it stands.
 */
public final class PathSource implements ImageSource {
    private final Path path;
    private final Links links;

    private PathSource(Path path, Links links) {
        this.path = path;
        this.links = links;
    }

    /**
     * A source of everything at a path.
     *
     * @param path a folder, an archive (tar, also compressed with gzip, bzip2 or zstd; zip;
     *     Parquet) or an image
     * @throws IngestException if there is nothing of this name
     */
    public static PathSource of(Path path) {
        return of(path, Links.WITHIN);
    }

    /**
     * A source of everything at a path, which may follow links out of it.
     *
     * @throws IngestException if there is nothing of this name
     */
    public static PathSource of(Path path, Links links) {
        if (!Files.exists(path)) {
            throw new IngestException(path + ": no such file or folder");
        }
        return new PathSource(path, links);
    }

    @Override
    public void visit(Visitor visitor) throws InterruptedException {
        visit(path, links, visitor);
    }

    static void visit(Path path, Links links, Visitor visitor) throws InterruptedException {
        FileTree.walk(
                path,
                links,
                new FileTree.Action() {
                    @Override
                    public void file(Path file) throws InterruptedException {
                        ImageFile.visit(file, visitor);
                    }

                    @Override
                    public void unreadable(Path folder, IOException reason)
                            throws InterruptedException {
                        visitor.refused(Unreadable.of(Origin.of(folder), reason));
                    }

                    @Override
                    public void hidden(Path hidden) {
                        visitor.hidden();
                    }

                    @Override
                    public void outside(Path link, Path target) throws InterruptedException {
                        visitor.refused(
                                new Refusal(
                                        Origin.of(link),
                                        Refusal.Reason.OUTSIDE,
                                        "a symbolic link to "
                                                + new Origin(target.toString(), "").name()
                                                + "; --follow-links reads it"));
                    }
                });
    }

    @Override
    public long inputBytes() {
        AtomicLong sum = new AtomicLong();
        try {
            FileTree.walk(
                    path,
                    links,
                    new FileTree.Action() {
                        @Override
                        public void file(Path file) {
                            sum.addAndGet(ImageFile.length(file));
                        }

                        @Override
                        public void unreadable(Path folder, IOException reason) {
                            // Named by the visit; here only sizes count.
                        }

                        @Override
                        public void hidden(Path hidden) {
                            // Not part of the input.
                        }

                        @Override
                        public void outside(Path link, Path target) {
                            // Not part of the input.
                        }
                    });
            return sum.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return UNKNOWN;
        }
    }
}
