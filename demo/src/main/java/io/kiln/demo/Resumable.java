package io.kiln.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.operations.AtomicFile;
import io.kiln.operations.OperationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * What a demo goes on with after an interruption: a file of its folder, from its start until it
 * begins to end.
 *
 * @param images folder or archive of images; empty for generated ones
 * @param steps number of optimiser steps
 * @param size height and width of the network's input in pixels
 * @param overrides overrides of the configuration, each key=value
 * @param resumedMillis when it was resumed, in milliseconds since 1970, in order
 */
record Resumable(
        String images, int steps, int size, List<String> overrides, List<Long> resumedMillis) {
    private static final ObjectMapper JSON = new ObjectMapper();

    Resumable {
        overrides = List.copyOf(overrides);
        resumedMillis = List.copyOf(resumedMillis);
    }

    /** That of a demo that starts. */
    static Resumable of(DemoOptions options) {
        String images = options.images().map(path -> path.toAbsolutePath().toString()).orElse("");
        return new Resumable(
                images, options.steps(), options.size(), options.overrides(), List.of());
    }

    /** The file in the folder of a demo. */
    static Path file(Path workDir) {
        return workDir.resolve("resumable.json");
    }

    /**
     * Reads the file.
     *
     * @throws OperationException if there is none, or it is not what a demo has written
     */
    static Resumable read(Path workDir) {
        Path file = file(workDir);
        if (!Files.exists(file)) {
            throw new OperationException(
                    "--resume: "
                            + workDir
                            + " holds no interrupted demo; expected the --work-dir of one, or leave"
                            + " --resume out to begin a new one");
        }
        try {
            return JSON.readValue(Files.readString(file), Resumable.class);
        } catch (IOException | IllegalArgumentException e) {
            throw new OperationException(
                    file
                            + ": cannot be read ("
                            + e.getMessage()
                            + "); delete the folder, and begin a new demo",
                    e);
        }
    }

    /** The same, resumed once more. */
    Resumable again(long nowMillis) {
        List<Long> all =
                LongStream.concat(
                                resumedMillis.stream().mapToLong(Long::longValue),
                                LongStream.of(nowMillis))
                        .boxed()
                        .toList();
        return new Resumable(images, steps, size, overrides, all);
    }

    /**
     * Writes the file, so that readers see the old or the new text.
     *
     * @throws OperationException if it cannot be written
     */
    void write(Path file) {
        try {
            AtomicFile.write(file, JSON.writeValueAsString(this));
        } catch (IOException e) {
            throw new OperationException(file + ": cannot be written (" + e + ")", e);
        }
    }

    /** The options of the demo that goes on. */
    DemoOptions options(Path workDir, Optional<Integer> port) {
        return new DemoOptions(
                images.isEmpty() ? Optional.empty() : Optional.of(Path.of(images)),
                steps,
                size,
                workDir,
                port,
                false,
                overrides,
                true);
    }
}
