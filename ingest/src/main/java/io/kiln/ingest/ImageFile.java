package io.kiln.ingest;

import io.kiln.images.ImageFormat;
import io.kiln.ingest.ImageSource.Visitor;
import io.kiln.ingest.Refusal.Reason;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.zstandard.ZstdCompressorInputStream;
import org.apache.commons.io.input.CloseShieldInputStream;

/** One file: an image, or an archive of them. */
final class ImageFile {
    private static final int BUFFER_BYTES = 64 * 1024;

    /** Members are small, and there are many. */
    private static final int MEMBER_BUFFER_BYTES = 8 * 1024;

    private final Origin origin;
    private final SeekableByteChannel file;
    private final Visitor visitor;
    private final Consumption consumption;
    private final boolean member;

    private ImageFile(
            Origin origin,
            SeekableByteChannel file,
            Visitor visitor,
            Consumption consumption,
            boolean member) {
        this.origin = origin;
        this.file = file;
        this.visitor = visitor;
        this.consumption = consumption;
        this.member = member;
    }

    /** Length as {@link Visitor#consumed} will count it. */
    static long length(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    static void visit(Path path, Visitor visitor) throws InterruptedException {
        Origin origin = Origin.of(path);
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            visitor.refused(
                    new Refusal(origin, Reason.UNREADABLE, "neither a regular file nor a folder"));
            return;
        }
        Consumption consumption = new Consumption(visitor, length(path));
        try (SeekableByteChannel file = Files.newByteChannel(path);
                BufferedInputStream in =
                        new BufferedInputStream(Channels.newInputStream(file), BUFFER_BYTES)) {
            new ImageFile(origin, file, visitor, consumption, false).visit(in);
        } catch (IOException e) {
            visitor.refused(Unreadable.of(origin, e));
        }
        consumption.all();
    }

    /**
     * Visits a member of an archive: an image, or a tar archive, as ImageNet is a tar of tars.
     *
     * @param content of the member; its opener closes it
     * @param file that the outer archive is read from
     */
    static void visitMember(
            Origin origin,
            InputStream content,
            SeekableByteChannel file,
            Visitor visitor,
            Consumption consumption)
            throws IOException, InterruptedException {
        BufferedInputStream in =
                new BufferedInputStream(CloseShieldInputStream.wrap(content), MEMBER_BUFFER_BYTES);
        new ImageFile(origin, file, visitor, consumption, true).visit(in);
    }

    private void visit(BufferedInputStream in) throws IOException, InterruptedException {
        byte[] head = head(in);
        Optional<ArchiveType> archive =
                ImageFormat.detect(head).isPresent() ? Optional.empty() : ArchiveType.detect(head);
        if (archive.isEmpty()) {
            visitor.candidate(origin, in);
            return;
        }
        switch (archive.get()) {
            case ZIP, PARQUET, ARROW -> {
                if (member) {
                    visitor.refused(
                            new Refusal(
                                    origin,
                                    Reason.NOT_AN_IMAGE,
                                    archive.get().description()
                                            + " inside another file; unpack the outer one first"));
                } else {
                    visitWhole(archive.get());
                }
            }
            case TAR -> TarMembers.visit(origin, in, file, visitor, consumption, member);
            case XZ ->
                    visitor.refused(
                            new Refusal(
                                    origin,
                                    Reason.UNREADABLE,
                                    "compressed with xz, which Kiln does not read; expected tar,"
                                            + " or tar with gzip, bzip2 or zstd"));
            default -> visitCompressed(archive.get(), in);
        }
    }

    /** What can be read only from its end on. */
    private void visitWhole(ArchiveType type) throws InterruptedException {
        switch (type) {
            case ZIP -> ZipMembers.visit(origin, file, visitor, consumption);
            case PARQUET -> ParquetRows.visit(origin, file, visitor, consumption);
            default ->
                    visitor.refused(
                            new Refusal(
                                    origin,
                                    Reason.UNREADABLE,
                                    "an Arrow table, which Kiln does not read; expected Parquet, as"
                                            + " Dataset.to_parquet writes it"));
        }
    }

    private void visitCompressed(ArchiveType type, InputStream in) throws InterruptedException {
        try (BufferedInputStream plain =
                new BufferedInputStream(
                        new UntrustedInputStream(
                                UntrustedInputStream.guarded(() -> decompressed(type, in))),
                        BUFFER_BYTES)) {
            if (ArchiveType.detect(head(plain)).equals(Optional.of(ArchiveType.TAR))) {
                TarMembers.visit(origin, plain, file, visitor, consumption, member);
            } else {
                visitor.refused(
                        new Refusal(
                                origin,
                                Reason.NOT_AN_IMAGE,
                                type.description() + " that holds no tar archive"));
            }
        } catch (IOException e) { // which does not spoil an archive around it
            visitor.refused(Unreadable.of(origin, e));
        }
    }

    /** Decompressors that also read on where one compressed stream ends and the next begins. */
    private static InputStream decompressed(ArchiveType type, InputStream in) throws IOException {
        return switch (type) {
            case GZIP -> new GzipMembers(in);
            case BZIP2 -> new BZip2CompressorInputStream(in, true);
            // The decompressor itself is zstd-jni, which comes with Kafka's client.
            case ZSTANDARD -> new ZstdCompressorInputStream(in);
            default -> throw new IllegalArgumentException("not a compression: " + type);
        };
    }

    private static byte[] head(BufferedInputStream in) throws IOException {
        in.mark(ArchiveType.HEAD_BYTES);
        byte[] head = in.readNBytes(ArchiveType.HEAD_BYTES);
        in.reset();
        return head;
    }
}
