package io.kiln.ingest;

import io.kiln.ingest.ImageSource.Visitor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The files in a tar archive, in its order. Links within are passed over: what they lead to is a
 * member itself.
 */
final class TarMembers {
    private static final int SKIP_BYTES = 64 * 1024;

    private final Origin archive;
    private final HeaderLimit limit;
    private final TarArchiveInputStream tar;
    private final byte[] skipped = new byte[SKIP_BYTES];
    private long members;

    private TarMembers(Origin archive, InputStream in) {
        this.archive = archive;
        this.limit = new HeaderLimit(in);
        this.tar = new TarArchiveInputStream(limit);
    }

    /**
     * @param in the archive, decompressed; its reader closes it
     * @param file the file it is read from
     */
    static void visit(
            Origin archive,
            InputStream in,
            SeekableByteChannel file,
            Visitor visitor,
            Consumption consumption)
            throws IOException, InterruptedException {
        TarMembers members = new TarMembers(archive, in);
        while (members.visitNext(visitor)) {
            consumption.upTo(file.position());
        }
    }

    /** Returns false after the last member, or where the archive is broken. */
    private boolean visitNext(Visitor visitor) throws InterruptedException {
        try {
            TarArchiveEntry entry = next();
            if (entry == null) {
                return false;
            }
            if (entry.isFile() && !entry.isLink() && !entry.isSymbolicLink()) {
                visit(entry, visitor);
            }
            skipRest();
            members++;
            return true;
        } catch (IOException e) {
            visitor.refused(Unreadable.restOf(archive, members, e));
            return false;
        }
    }

    private @Nullable TarArchiveEntry next() throws IOException {
        limit.headers();
        try {
            return UntrustedInputStream.guarded(tar::getNextEntry);
        } finally {
            limit.content();
        }
    }

    private void visit(TarArchiveEntry entry, Visitor visitor) throws InterruptedException {
        if (Origin.isHidden(entry.getName())) {
            visitor.hidden();
        } else {
            visitor.candidate(archive.member(entry.getName()), new UntrustedInputStream(tar));
        }
    }

    /**
     * Reads to the member's end, since reading notices where an archive is cut off and skipping
     * does not.
     */
    private void skipRest() throws IOException, InterruptedException {
        while (UntrustedInputStream.guarded(() -> tar.read(skipped)) >= 0) {
            Interrupts.check();
        }
    }
}
