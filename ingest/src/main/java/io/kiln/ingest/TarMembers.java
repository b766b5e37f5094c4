package io.kiln.ingest;

import io.kiln.ingest.ImageSource.Visitor;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The files in a tar archive, in its order; also those of archives that follow it in the same file
 * ({@code cat a.tar b.tar}), and of tar archives in it, but no deeper. Links within are passed
 * over: what they lead to is a member itself.
 */
final class TarMembers {
    private static final int SKIP_BYTES = 64 * 1024;
    private static final int RECORD_BYTES = 512;

    private final Origin archive;
    private final BufferedInputStream in;
    private final SeekableByteChannel file;
    private final Visitor visitor;
    private final Consumption consumption;
    private final boolean nested;
    private final HeaderLimit limit;
    private final byte[] skipped = new byte[SKIP_BYTES];
    private TarArchiveInputStream tar;
    private long members;

    private TarMembers(
            Origin archive,
            BufferedInputStream in,
            SeekableByteChannel file,
            Visitor visitor,
            Consumption consumption,
            boolean nested) {
        this.archive = archive;
        this.in = in;
        this.file = file;
        this.visitor = visitor;
        this.consumption = consumption;
        this.nested = nested;
        this.limit = new HeaderLimit(in);
        this.tar = open();
    }

    /** In records of the format: a reader of larger blocks would read into what follows. */
    private TarArchiveInputStream open() {
        return new TarArchiveInputStream(limit, RECORD_BYTES, RECORD_BYTES);
    }

    /**
     * @param in the archive, decompressed; its reader closes it
     * @param file the file it is read from
     * @param nested whether it is a member of another archive, so that its members are images
     */
    static void visit(
            Origin archive,
            BufferedInputStream in,
            SeekableByteChannel file,
            Visitor visitor,
            Consumption consumption,
            boolean nested)
            throws IOException, InterruptedException {
        new TarMembers(archive, in, file, visitor, consumption, nested).visit();
    }

    private void visit() throws IOException, InterruptedException {
        while (visitNext()) {
            consumption.upTo(file.position());
        }
    }

    /** Returns false after the last member, or where the archive is broken. */
    private boolean visitNext() throws InterruptedException {
        try {
            TarArchiveEntry entry = next();
            if (entry == null) {
                return another();
            }
            if (entry.isFile() && !entry.isLink() && !entry.isSymbolicLink()) {
                visit(entry);
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

    private void visit(TarArchiveEntry entry) throws IOException, InterruptedException {
        if (Origin.isHidden(entry.getName())) {
            visitor.hidden();
        } else {
            Origin origin = archive.member(entry.getName());
            InputStream content = new UntrustedInputStream(tar);
            if (nested) {
                visitor.candidate(origin, content);
            } else {
                ImageFile.visitMember(origin, content, file, visitor, consumption);
            }
        }
    }

    /**
     * Goes on behind the mark of an archive's end, if another archive follows.
     *
     * @return false if nothing does
     * @throws IOException if what follows is no archive
     */
    private boolean another() throws IOException, InterruptedException {
        byte[] record = new byte[RECORD_BYTES];
        while (true) {
            Interrupts.check();
            in.mark(RECORD_BYTES);
            int read = in.readNBytes(record, 0, RECORD_BYTES);
            if (read < RECORD_BYTES) {
                return false;
            }
            if (ArchiveType.detect(record).equals(Optional.of(ArchiveType.TAR))) {
                in.reset();
                tar = open();
                return true;
            }
            if (!isZero(record)) {
                throw new IOException("what follows the end of the archive is not a tar archive");
            }
        }
    }

    private static boolean isZero(byte[] record) {
        for (byte value : record) {
            if (value != 0) {
                return false;
            }
        }
        return true;
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
