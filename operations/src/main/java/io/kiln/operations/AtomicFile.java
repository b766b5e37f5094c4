package io.kiln.operations;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Text files that are never seen half-written. */
public final class AtomicFile {
    private AtomicFile() {}

    /** Who reads the file meanwhile sees the old text or the new one. */
    public static void write(Path file, String text) throws IOException {
        Path partial = file.resolveSibling("." + file.getFileName() + ".part");
        Files.writeString(partial, text);
        Files.move(
                partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
