package io.kiln.training.rounds;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.ArtifactStore;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Sha256;
import io.kiln.schemas.Update;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * Files of changes in the artifact store. A file's name holds its SHA-256, so that one that is
 * written again is never another under the same name.
 */
final class UpdateFiles {
    private static final int BUFFER_BYTES = 1 << 16;

    private final ArtifactStore store;
    private final String folder;

    UpdateFiles(KilnConfig config) {
        this.store = new ArtifactStore(config.checkpoints().artifacts());
        this.folder = config.model().name() + "/" + config.training().runId() + "/updates";
    }

    /** SHA-256 of a file that is not written yet. */
    static String sha256(ArtifactStore.Content content) throws IOException {
        MessageDigest digest = Sha256.digest();
        try (OutputStream out =
                new BufferedOutputStream(
                        new DigestOutputStream(OutputStream.nullOutputStream(), digest),
                        BUFFER_BYTES)) {
            content.writeTo(out);
        }
        return Sha256.hex(digest);
    }

    /** Writes a file, whose content is produced once. */
    CheckpointFile write(long round, int trainer, ArtifactStore.Content content)
            throws IOException {
        return store.writeNamedByContent(
                folder + "/" + name(round),
                String.format(Locale.ROOT, "t%03d", trainer),
                FileRole.UNKNOWN,
                "safetensors",
                content);
    }

    /** Whether the file of a change is there, in its length: a crash of a disk may shorten it. */
    static boolean isWhole(Update update) throws IOException {
        OptionalLong bytes = ArtifactStore.bytes(update.getUri());
        return bytes.isPresent() && bytes.getAsLong() == update.getBytes();
    }

    /** Deletes the files of all rounds before one. */
    void deleteBefore(long round) throws IOException {
        for (String name : store.folders(folder)) {
            if (name.matches("r\\d{9,18}") && Long.parseLong(name.substring(1)) < round) {
                store.delete(folder + "/" + name);
            }
        }
    }

    private static String name(long round) {
        return String.format(Locale.ROOT, "r%09d", round);
    }

    /** A file under way from the store. */
    static final class Opened implements AutoCloseable {
        private final Update update;
        private final MessageDigest digest = Sha256.digest();
        private final InputStream in;

        Opened(Update update) throws IOException {
            this.update = update;
            this.in =
                    new DigestInputStream(
                            new BufferedInputStream(
                                    ArtifactStore.open(update.getUri()), BUFFER_BYTES),
                            digest);
        }

        InputStream stream() {
            return in;
        }

        /**
         * Requires that what was read is what was announced.
         *
         * @throws IOException if it is not
         */
        void requireSound() throws IOException {
            if (in.read() >= 0 || !Sha256.hex(digest).equals(update.getSha256())) {
                throw new IOException(
                        update.getUri()
                                + " is not the file that was announced, with SHA-256 "
                                + update.getSha256()
                                + "; was it changed in the artifact store?");
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
