package io.kiln.ingest;

import io.kiln.ingest.ImageSource.Visitor;
import io.kiln.ingest.Refusal.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.util.Collections;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.archivers.zip.ZipMethod;
import org.apache.commons.io.input.ChecksumInputStream;

/**
 * The files in a zip archive, in the order of its directory. Links within are passed over: what
 * they lead to is a member itself.
 */
final class ZipMembers {
    private ZipMembers() {}

    /**
     * @param file the archive; its opener closes it
     */
    static void visit(
            Origin archive, SeekableByteChannel file, Visitor visitor, Consumption consumption)
            throws InterruptedException {
        try (ZipFile zip = UntrustedInputStream.guarded(() -> open(file))) {
            for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
                Interrupts.check();
                if (!entry.isDirectory() && !entry.isUnixSymlink()) {
                    visit(archive, zip, entry, file, visitor);
                }
                consumption.add(Math.max(0, entry.getCompressedSize()));
            }
        } catch (IOException e) {
            visitor.refused(Unreadable.restOf(archive, 0, e));
        }
    }

    /** The directory at the archive's end is enough; reading every local header is not needed. */
    private static ZipFile open(SeekableByteChannel file) throws IOException {
        return ZipFile.builder().setSeekableByteChannel(file).setIgnoreLocalFileHeader(true).get();
    }

    /** A reader of zip archives leaves it to others to compare checksums. */
    private static InputStream checked(ZipFile zip, ZipArchiveEntry entry) throws IOException {
        return ChecksumInputStream.builder()
                .setInputStream(zip.getInputStream(entry))
                .setChecksum(new CRC32())
                .setExpectedChecksumValue(entry.getCrc())
                .get();
    }

    private static void visit(
            Origin archive,
            ZipFile zip,
            ZipArchiveEntry entry,
            SeekableByteChannel file,
            Visitor visitor)
            throws InterruptedException {
        if (Origin.isHidden(entry.getName())) {
            visitor.hidden();
            return;
        }
        Origin origin = archive.member(entry.getName());
        if (entry.getGeneralPurposeBit().usesEncryption()) {
            visitor.refused(new Refusal(origin, Reason.UNREADABLE, "encrypted"));
            return;
        }
        if (entry.getMethod() == ZipMethod.XZ.getCode() || !zip.canReadEntryData(entry)) {
            visitor.refused(
                    new Refusal(
                            origin,
                            Reason.UNREADABLE,
                            "compressed with zip's method "
                                    + entry.getMethod()
                                    + ", which Kiln does not read"));
            return;
        }
        try (InputStream content =
                new UntrustedInputStream(UntrustedInputStream.guarded(() -> checked(zip, entry)))) {
            // Progress is told by the compressed sizes, not by how far the file was read.
            ImageFile.visitMember(origin, content, file, visitor, new Consumption(visitor, 0));
        } catch (IOException e) {
            visitor.refused(Unreadable.of(origin, e));
        }
    }
}
