package io.kiln.evaluation.job;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.probe.ProbeSet;
import io.kiln.images.PictureException;
import io.kiln.kafka.NonRecoverableJobException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads the probe's pictures when the job starts. */
final class ProbePictures {
    private ProbePictures() {}

    /**
     * The pictures; null without a probe.
     *
     * @throws NonRecoverableJobException if they cannot be used: no restart mends a folder
     */
    static @Nullable ProbeSet of(KilnConfig config) {
        String folder = config.evaluation().probe();
        if (folder.isEmpty()) {
            return null;
        }
        try {
            return ProbeSet.read(Path.of(folder), config.input());
        } catch (PictureException e) {
            throw new NonRecoverableJobException("evaluation.probe: " + e.getMessage());
        }
    }
}
