package io.kiln.kafka;

import io.kiln.config.FolderUri;
import io.kiln.config.Name;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Sha256;
import java.io.BufferedOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * The folder that files of checkpoints are written to, on any Flink file system. A file is written
 * under a temporary name and renamed when it is complete. Its content is a function of the model's
 * state, so writing it again after a failure changes nothing.
 */
public final class ArtifactStore {
    /** Writes the content of one file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private final Path root;

    /**
     * @param uri checkpoints.artifacts
     */
    public ArtifactStore(String uri) {
        this.root = new Path(FolderUri.forFlink(uri));
    }

    /**
     * Writes a file.
     *
     * @param folder relative to the store
     * @param name of the file
     * @return the file as an event describes it
     * @throws IOException naming the file, if it cannot be written
     */
    public CheckpointFile write(
            String folder, String name, FileRole role, String format, Content content)
            throws IOException {
        return write(inside(folder), name, sha256 -> name, role, format, content);
    }

    /**
     * Writes a file whose name tells its content: {@code PREFIX-SHA256.FORMAT}. The content is
     * produced once.
     *
     * @param folder relative to the store
     * @param prefix which no other writer uses at the same time
     * @return the file as an event describes it
     * @throws IOException naming the file, if it cannot be written
     */
    public CheckpointFile writeNamedByContent(
            String folder, String prefix, FileRole role, String format, Content content)
            throws IOException {
        UnaryOperator<String> name = sha256 -> prefix + "-" + sha256 + "." + format;
        return write(inside(folder), prefix + "." + format, name, role, format, content);
    }

    private static CheckpointFile write(
            Path directory,
            String working,
            UnaryOperator<String> name,
            FileRole role,
            String format,
            Content content)
            throws IOException {
        Path partial = new Path(directory, "." + working + ".part");
        try {
            FileSystem files = directory.getFileSystem();
            files.mkdirs(directory);
            MessageDigest digest = Sha256.digest();
            long bytes = write(files, partial, digest, content);
            String sha256 = Sha256.hex(digest);
            Path target = new Path(directory, name.apply(sha256));
            replace(files, partial, target);
            return new CheckpointFile(role, target.toUri().toString(), format, bytes, sha256);
        } catch (IOException e) {
            throw new IOException(
                    "checkpoint file "
                            + new Path(directory, working).getPath()
                            + " cannot be written; is its disk full or read-only? "
                            + e.getMessage(),
                    e);
        }
    }

    private static long write(FileSystem files, Path file, MessageDigest digest, Content content)
            throws IOException {
        try (CountingOutputStream out =
                new CountingOutputStream(
                        new DigestOutputStream(
                                files.create(file, FileSystem.WriteMode.OVERWRITE), digest))) {
            BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 16);
            content.writeTo(buffered);
            buffered.flush();
            return out.count();
        }
    }

    /**
     * Whether a file that was written is in this store.
     *
     * @param uri as {@link #write} told it
     */
    public boolean holds(String uri) {
        String any = new Path(root, "any").toUri().toString(); // in the form of what write() tells
        return uri.startsWith(any.substring(0, any.lastIndexOf('/') + 1));
    }

    /** Length of a file that was written; empty if it is not there. */
    public static OptionalLong bytes(String uri) throws IOException {
        Path file = new Path(uri);
        try {
            return OptionalLong.of(file.getFileSystem().getFileStatus(file).getLen());
        } catch (FileNotFoundException e) {
            return OptionalLong.empty();
        }
    }

    /**
     * Opens a file that was written.
     *
     * @param uri as {@link #write} told it
     */
    public static InputStream open(String uri) throws IOException {
        Path file = new Path(uri);
        return file.getFileSystem().open(file);
    }

    /** Atomic where the file system can be: a file that an event names must not vanish. */
    private static void replace(FileSystem files, Path partial, Path target) throws IOException {
        if (files.rename(partial, target)) {
            return;
        }
        if (!files.exists(partial)) {
            throw new IOException(
                    partial + " is gone: another attempt has renamed it to " + target);
        }
        files.delete(target, false);
        if (!files.rename(partial, target)) {
            throw new IOException("cannot rename " + partial + " to " + target);
        }
    }

    /** Names come from records too, which anybody may have written. */
    private Path inside(String folder) {
        for (String name : folder.split("/", -1)) {
            if (!Name.isName(name)) {
                throw new IllegalArgumentException(
                        folder + " is no folder of the artifact store " + root);
            }
        }
        return new Path(root, folder);
    }

    /** Names of the folders in a folder of the store; none if that does not exist. */
    public List<String> folders(String parent) throws IOException {
        Path directory = inside(parent);
        FileSystem files = directory.getFileSystem();
        if (!files.exists(directory)) {
            return List.of();
        }
        FileStatus[] found = files.listStatus(directory);
        return found == null
                ? List.of()
                : Arrays.stream(found)
                        .filter(FileStatus::isDir)
                        .map(status -> status.getPath().getName())
                        .sorted()
                        .toList();
    }

    /** Deletes a folder with its files, if it exists. */
    public void delete(String folder) throws IOException {
        Path directory = inside(folder);
        FileSystem files = directory.getFileSystem();
        if (!files.delete(directory, true) && files.exists(directory)) {
            throw new IOException("cannot delete " + directory);
        }
    }
}
