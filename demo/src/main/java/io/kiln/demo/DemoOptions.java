package io.kiln.demo;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The options of a demo.
 *
 * @param images folder or archive of images; empty to generate images
 * @param steps number of optimiser steps
 * @param size height and width of the network's input in pixels
 * @param workDir folder for all files
 * @param port port of Flink's web interface; empty for a free port
 * @param keepRunning whether training continues after the steps, until it is interrupted
 * @param overrides overrides of the configuration, each key=value
 */
public record DemoOptions(
        Optional<Path> images,
        int steps,
        int size,
        Path workDir,
        Optional<Integer> port,
        boolean keepRunning,
        List<String> overrides) {
    public DemoOptions {
        overrides = List.copyOf(overrides);
    }
}
