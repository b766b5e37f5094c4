package io.kiln.ingest;

import io.kiln.images.OtherFormat;
import io.kiln.images.Signature;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarUtils;

/** Kinds of archives and of compression around them, told apart by their first bytes. */
enum ArchiveType {
    TAR("a tar archive"),
    ZIP("a zip archive", Signature.hex("504B0304"), Signature.hex("504B0506")),
    GZIP("a gzip-compressed file", Signature.hex("1F8B08")),
    BZIP2("a bzip2-compressed file") {
        @Override
        boolean matches(byte[] head) {
            return BZIP2_START.matches(head) && BZIP2_BLOCK.matches(head);
        }
    },
    ZSTANDARD("a zstd-compressed file", Signature.hex("28B52FFD")),
    XZ("an xz-compressed file", Signature.hex("FD377A585A00")),
    PARQUET("a Parquet table", Signature.ascii(0, "PAR1")),
    /** As Hugging Face's {@code save_to_disk} writes it; a stream begins with its schema. */
    ARROW("an Arrow table", Signature.ascii(0, "ARROW1")) {
        @Override
        boolean matches(byte[] head) {
            return super.matches(head) || ARROW_STREAM.matches(head) && ARROW_SCHEMA.matches(head);
        }
    };

    /** Bytes needed to tell: a tar archive is known by the checksum of its first header. */
    static final int HEAD_BYTES = 512;

    private static final Signature BZIP2_START = Signature.ascii(0, "BZh");
    private static final Signature BZIP2_BLOCK =
            new Signature(4, HexFormat.of().parseHex("314159265359"));

    private static final Signature ARROW_STREAM = Signature.hex("FFFFFFFF");
    private static final Signature ARROW_SCHEMA =
            new Signature(8, HexFormat.of().parseHex("10000000"));

    private final String description;
    private final List<Signature> signatures;

    ArchiveType(String description, Signature... signatures) {
        this.description = description;
        this.signatures = List.of(signatures);
    }

    boolean matches(byte[] head) {
        return signatures.stream().anyMatch(signature -> signature.matches(head));
    }

    String description() {
        return description;
    }

    /**
     * @param head the first {@value #HEAD_BYTES} bytes, fewer if there are no more
     */
    static Optional<ArchiveType> detect(byte[] head) {
        for (ArchiveType type : values()) {
            if (type.matches(head)) {
                return Optional.of(type);
            }
        }
        return isTarHeader(head) ? Optional.of(TAR) : Optional.empty();
    }

    /**
     * Says what a file is that is no image.
     *
     * @param head its first {@value #HEAD_BYTES} bytes or all of them
     */
    static String describe(byte[] head) {
        return detect(head)
                .map(type -> type.description + " inside another file")
                .orElseGet(() -> OtherFormat.describe(head));
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
