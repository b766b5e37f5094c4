package io.kiln.ingest;

import java.util.Arrays;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarUtils;

/** Kinds of archives and of compression around them, told by their first bytes. */
enum ArchiveType {
    TAR("a tar archive"),
    ZIP("a zip archive"),
    GZIP("a gzip-compressed file"),
    BZIP2("a bzip2-compressed file"),
    ZSTANDARD("a zstd-compressed file"),
    XZ("an xz-compressed file"),
    PARQUET("a Parquet table");

    /** Bytes needed to tell: a tar archive is known by the checksum of its first header. */
    static final int HEAD_BYTES = 512;

    private final String description;

    ArchiveType(String description) {
        this.description = description;
    }

    String description() {
        return description;
    }

    /**
     * @param head the first {@value #HEAD_BYTES} bytes, fewer if there are no more
     */
    static Optional<ArchiveType> detect(byte[] head) {
        if (ContentType.begins(head, 0, "504B0304") || ContentType.begins(head, 0, "504B0506")) {
            return Optional.of(ZIP);
        }
        if (ContentType.begins(head, 0, "1F8B08")) {
            return Optional.of(GZIP);
        }
        if (ContentType.beginsText(head, 0, "BZh") && ContentType.begins(head, 4, "314159265359")) {
            return Optional.of(BZIP2);
        }
        if (ContentType.begins(head, 0, "28B52FFD")) {
            return Optional.of(ZSTANDARD);
        }
        if (ContentType.begins(head, 0, "FD377A585A00")) {
            return Optional.of(XZ);
        }
        if (ContentType.beginsText(head, 0, "PAR1")) {
            return Optional.of(PARQUET);
        }
        return isTarHeader(head) ? Optional.of(TAR) : Optional.empty();
    }

    private static boolean isTarHeader(byte[] head) {
        try {
            return head.length >= HEAD_BYTES
                    && TarUtils.verifyCheckSum(Arrays.copyOf(head, HEAD_BYTES));
        } catch (IllegalArgumentException e) {
            // Where the checksum would be is no octal number.
            return false;
        }
    }
}
