package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TrainingStep;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A barrier is always waiting: each step takes longer than the interval of checkpoints. */
@Timeout(240)
class LongStepsIT {
    private static final int BATCHES = 24;
    private static final long INTERVAL_MILLIS = 100;

    /** A network that takes its time, without being large. */
    private static KilnConfig run(TrainingBench bench, String name, String interval) {
        return bench.run(
                name,
                "model.depths=[80, 20, 1, 1]",
                "checkpoints.everySteps=1",
                "flink.checkpointInterval=" + interval);
    }

    @Test
    void stepsLongerThanTheIntervalOfCheckpointsLoseNothing(@TempDir Path directory)
            throws Exception {
        TrainingBench bench = new TrainingBench(directory, BATCHES);
        KilnConfig alone = run(bench, "undisturbed", "4s");
        KilnConfig pressed = run(bench, "pressed", INTERVAL_MILLIS + "ms");
        List<CheckpointEvent> rare = bench.train(alone, 0);
        List<CheckpointEvent> often = bench.train(pressed, BATCHES / 4);

        assertThat(bench.losses(pressed)).containsExactlyElementsOf(bench.losses(alone));
        TrainingBench.requireSameWeights(often, rare);
        // On a machine on which this does not hold all of the above was no proof.
        assumeThat(bench.steps(pressed))
                .extracting(TrainingStep::getSeconds)
                .allMatch(seconds -> seconds * 1e3 > INTERVAL_MILLIS);
        assertThat(often).as("checkpoints that came to an end").hasSizeGreaterThanOrEqualTo(3);
    }
}
