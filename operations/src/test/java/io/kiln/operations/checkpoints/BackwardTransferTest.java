package io.kiln.operations.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kiln.schemas.EraFigures;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.SetFigures;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackwardTransferTest {
    private static Evaluation version(long version, EraFigures... eras) {
        SetFigures none = new SetFigures(0, "", null, null, null, null, null, null);
        return Evaluation.newBuilder()
                .setRunId("run-1")
                .setModel("tiny")
                .setVersion(version)
                .setStep(version)
                .setSamplesSeen(version)
                .setFeatureSize(0)
                .setAnchors(none)
                .setRecent(none)
                .setSkippedVersions(List.of())
                .setProblems(List.of())
                .setEras(List.of(eras))
                .build();
    }

    private static EraFigures era(int number, double loss) {
        return new EraFigures(10L * number + 1, 10L * number + 10, 10, "sample", loss);
    }

    @Test
    void isTheMeanFallOfTheLossSinceTheErasWereOver() {
        Evaluation first = version(1, era(0, 0.8));
        Evaluation second = version(2, era(0, 0.9), era(1, 0.6));
        Evaluation third = version(3, era(0, 1.0), era(1, 0.5), era(2, 0.7));
        assertThat(BackwardTransfer.of(List.of(first))).isEmpty();
        assertThat(BackwardTransfer.of(List.of(first, second)).orElseThrow())
                .isCloseTo(-0.1, within(1e-12));
        assertThat(BackwardTransfer.of(List.of(first, second, third)).orElseThrow())
                .isCloseTo((-0.2 + 0.1) / 2, within(1e-12));
    }

    /** Samples of eras that were joined are new ones: what was lost before is not known of them. */
    @Test
    void samplesThatAreNewShowNoTransfer() {
        Evaluation first = version(1, era(0, 0.8), era(1, 0.6));
        EraFigures joined = new EraFigures(1L, 20L, 20, "joined", 0.9);
        Evaluation second = version(2, joined, era(2, 0.5));
        assertThat(BackwardTransfer.of(List.of(first, second)).orElseThrow()).isZero();
    }
}
