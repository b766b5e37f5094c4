package io.kiln.verification.bench;

import java.util.Map;

/**
 * What masking costs.
 *
 * @param images how many can be decoded
 * @param refused files that cannot
 * @param imagesPerSecond of all threads, by the clock
 * @param cpuSecondsPerImage of the whole process, collecting garbage and compiling included
 * @param bytesPerImage of sparse-batches, all views
 * @param stages CPU seconds an image of the thread that masks it
 */
public record MaskingFigures(
        int images,
        int refused,
        double imagesPerSecond,
        double cpuSecondsPerImage,
        double bytesPerImage,
        Map<MaskingStage, Double> stages) {
    public MaskingFigures {
        stages = Map.copyOf(stages);
    }
}
