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
 * @param resume whether the demo of this folder goes on, which was interrupted
 */
public record DemoOptions(
        Optional<Path> images,
        int steps,
        int size,
        Path workDir,
        Optional<Integer> port,
        boolean keepRunning,
        List<String> overrides,
        boolean resume) {
    public DemoOptions {
        overrides = List.copyOf(overrides);
    }

    /**
     * The options of an interrupted demo, to go on with it.
     *
     * @param workDir its folder
     * @param port port of Flink's web interface; empty for a free port
     * @throws io.kiln.operations.OperationException if the folder holds no interrupted demo
     */
    public static DemoOptions resumed(Path workDir, Optional<Integer> port) {
        return Resumable.read(workDir).options(workDir, port);
    }
}
