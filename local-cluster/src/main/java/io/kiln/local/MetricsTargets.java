package io.kiln.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Where the metrics of a cluster's processes are, as a file that Prometheus watches
 * (file_sd_configs). Each process has a port of its own, and its name as label {@code instance}, so
 * that a series goes on when the port is another one.
 */
final class MetricsTargets {
    private final Path file;
    private final Map<String, Integer> ports = new LinkedHashMap<>();

    MetricsTargets(Path file) {
        this.file = file;
    }

    /** Adds a process, and returns the port that it shall show its metrics on. */
    int add(String name) {
        int port = Ports.free(1).get(0);
        ports.put(name, port);
        write();
        return port;
    }

    /** Removes a process that has ended and will not be started again. */
    void remove(String name) {
        ports.remove(name);
    }

    /** Prometheus must never read half of it. */
    private void write() {
        String targets =
                ports.entrySet().stream()
                        .map(MetricsTargets::target)
                        .collect(Collectors.joining(",\n  ", "[\n  ", "\n]\n"));
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.writeString(part, targets);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    private static String target(Map.Entry<String, Integer> process) {
        return "{\"targets\": [\"localhost:"
                + process.getValue()
                + "\"], \"labels\": {\"instance\": \""
                + process.getKey()
                + "\"}}";
    }
}
