package io.kiln.demo.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kiln.schemas.TrainingStep;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunSnapshotTest {
    @Test
    void lossesAreMeansOfTheFirstAndTheLastTwentySteps() {
        RunSnapshot run = new RunSnapshot(Records.steps(50), List.of(), List.of(), 50);
        assertThat(run.firstLoss()).hasValueCloseTo(0.905, within(1e-9));
        assertThat(run.lastLoss()).hasValueCloseTo(0.605, within(1e-9));
        assertThat(run.lossRatio()).hasValueCloseTo(0.605 / 0.905, within(1e-9));
        assertThat(run.step()).isEqualTo(50);
        assertThat(run.imagesPerSecond()).isEqualTo(150);
    }

    @Test
    void aSkippedBatchCountsAsSeenButNotAsAStep() {
        List<TrainingStep> steps = new ArrayList<>(Records.steps(3));
        steps.add(Records.skipped(3));
        RunSnapshot run = new RunSnapshot(steps, List.of(), List.of(), 4);
        assertThat(run.skipped()).isEqualTo(1);
        assertThat(run.step()).isEqualTo(3);
        assertThat(run.imagesTrained()).isEqualTo(4 * 32);
        assertThat(run.lastLoss()).hasValueCloseTo(0.99, within(1e-9));
    }

    @Test
    void beforeTheFirstStepThereIsNoLoss() {
        RunSnapshot run = new RunSnapshot(List.of(), List.of(), List.of(), 0);
        assertThat(run.firstLoss()).isEmpty();
        assertThat(run.lossRatio()).isEmpty();
        assertThat(run.step()).isZero();
        assertThat(run.imagesPerSecond()).isZero();
    }
}
