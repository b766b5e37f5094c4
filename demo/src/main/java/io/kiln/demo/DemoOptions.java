package io.kiln.demo;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a demo is asked to do.
 *
 * @param images folder or archive of pictures; empty to make some
 * @param steps optimiser steps after which it ends
 * @param size side of the network's input in pixels
 * @param workDir where everything goes
 * @param port of Flink's web page; empty to take a free one
 * @param keepRunning whether it goes on after the steps, until it is interrupted
 * @param overrides of the configuration, each key=value
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
