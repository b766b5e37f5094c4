package io.kiln.operations.report;

import io.kiln.config.ConfigKeys;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.schemas.TestRecords;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

/** A run with a version at step 100; step n has a loss of 1 / n. */
public final class HarmonicRun {
    private static final Instant BEGIN = Instant.parse("2026-01-02T03:00:00.250Z");

    private HarmonicRun() {}

    /** As many steps, each of them as a test makes it. */
    public static RunHistory of(
            int steps, LongFunction<StepPoint> step, List<ConfigKeys.Entry> configuration) {
        return new RunHistory(
                new RunName("tiny", "run"),
                LongStream.rangeClosed(1, steps).mapToObj(step).toList(),
                List.of(TestRecords.event("tiny", "run", 1, 100).build()),
                List.of(),
                Map.of(),
                Map.of(),
                configuration);
    }

    /** A step that ends n seconds after the beginning. */
    public static StepPoint step(long step, boolean skipped, double gradientNorm) {
        return new StepPoint(
                BEGIN.plusSeconds(step).toEpochMilli(),
                step,
                32L * step,
                32,
                skipped,
                skipped ? Double.NaN : 1.0 / step,
                0.02,
                0.04,
                gradientNorm,
                0.2,
                150,
                0.1,
                0,
                step);
    }
}
