package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunHistoryTest {
    @Test
    void lossesAreMeansOfTheFirstAndTheLastTwentySteps() {
        RunHistory run = Records.history(Records.steps(50));
        assertThat(run.firstLoss()).hasValueCloseTo(0.905, within(1e-9));
        assertThat(run.lastLoss()).hasValueCloseTo(0.605, within(1e-9));
        assertThat(run.lossRatio()).hasValueCloseTo(0.605 / 0.905, within(1e-9));
        assertThat(run.step()).isEqualTo(50);
        assertThat(run.imagesPerSecond()).isEqualTo(150);
    }

    @Test
    void aSkippedBatchCountsAsSeenButNotAsAStep() {
        List<StepPoint> steps = new ArrayList<>(Records.steps(3));
        steps.add(Records.skipped(3));
        RunHistory run = Records.history(steps);
        assertThat(run.skipped()).isEqualTo(1);
        assertThat(run.step()).isEqualTo(3);
        assertThat(run.imagesTrained()).isEqualTo(4 * 32);
        assertThat(run.lastLoss()).hasValueCloseTo(0.99, within(1e-9));
    }

    @Test
    void beforeTheFirstStepThereIsNoLoss() {
        RunHistory run = Records.history(List.of());
        assertThat(run.firstLoss()).isEmpty();
        assertThat(run.lossRatio()).isEmpty();
        assertThat(run.step()).isZero();
        assertThat(run.imagesPerSecond()).isZero();
    }
}
