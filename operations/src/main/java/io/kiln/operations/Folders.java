package io.kiln.operations;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Files and folders with all that is in them. */
public final class Folders {
    private Folders() {}

    /** Deletes a file or a folder and all in it; does nothing if there is none. */
    public static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        for (Path entry : below(path)) {
            Files.deleteIfExists(entry);
        }
    }

    /** The bytes of all files in a folder; 0 if there is none. */
    public static long bytes(Path path) throws IOException {
        if (!Files.exists(path)) {
            return 0;
        }
        long bytes = 0;
        for (Path entry : below(path)) {
            bytes += Files.isRegularFile(entry) ? Files.size(entry) : 0;
        }
        return bytes;
    }

    /** What is in a folder before the folder itself. */
    private static List<Path> below(Path path) throws IOException {
        try (Stream<Path> below = Files.walk(path)) {
            return below.sorted(Comparator.reverseOrder()).toList();
        }
    }
}
