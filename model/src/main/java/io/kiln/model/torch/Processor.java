package io.kiln.model.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What Linux tells of the processor.
 *
 * @param lines as in /proc/cpuinfo
 */
record Processor(List<String> lines) {
    private static final Path FILE = Path.of("/proc/cpuinfo");

    /** This machine's. */
    static Processor read() throws IOException {
        return new Processor(Files.readAllLines(FILE));
    }

    /** Whether a word is on a line of a key. */
    boolean has(String key, String word) {
        return lines.stream()
                .filter(line -> line.startsWith(key))
                .flatMap(line -> Arrays.stream(line.split("\\s+")))
                .anyMatch(word::equals);
    }
}
