package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kiln.schemas.TestRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunHistoryTest {
    @Test
    void lossesAreMeansOfTheFirstAndTheLastTwentySteps() {
        RunHistory run = Records.history(Records.steps(50));
        assertThat(run.firstLoss()).hasValueCloseTo(0.905, within(1e-9));
        assertThat(run.lastLoss()).hasValueCloseTo(0.605, within(1e-9));
        assertThat(run.lossRatio()).hasValueCloseTo(0.605 / 0.905, within(1e-9));
        assertThat(run.step()).isEqualTo(50);
        assertThat(run.imagesPerSecond()).isCloseTo(150, within(1e-9));
    }

    @Test
    void theRateIsThatOfTheWholeRunAlsoWhereItsLastStepsAreFaster() {
        List<StepPoint> steps = new ArrayList<>();
        for (int step = 1; step <= 40; step++) {
            steps.add(
                    StepPoint.of(
                            Records.BEGIN,
                            TestRecords.step("run", step)
                                    .setImagesPerSecond(step <= 20 ? 100 : 300)
                                    .build()));
        }
        steps.add(
                StepPoint.of(
                        Records.BEGIN,
                        TestRecords.step("run", 40).setImages(0).setImagesPerSecond(0).build()));
        assertThat(Records.history(steps).imagesPerSecond()).isCloseTo(150, within(1e-9));
        assertThat(RunHistory.imagesPerSecond(steps)).isGreaterThan(250);
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
    void severalTrainersHaveSeenWhatAllHaveSeenInTheTimeThatPassedWithoutInterruptions() {
        List<StepPoint> steps = new ArrayList<>();
        for (int step = 1; step <= 10; step++) {
            int second = step <= 5 ? step : step + 60;
            steps.add(of(0, step, second));
            steps.add(of(1, step + 3, second)); // three steps ahead
        }
        RunHistory run =
                new RunHistory(
                        Records.NAME,
                        2,
                        steps,
                        List.of(),
                        List.of(
                                new Interruption(
                                        Records.BEGIN.plusSeconds(66),
                                        5,
                                        0,
                                        Duration.ofSeconds(60))),
                        Map.of(),
                        Map.of(),
                        List.of());
        assertThat(run.step()).isEqualTo(13);
        assertThat(run.samplesSeen()).isEqualTo(32 * (10 + 13));
        assertThat(run.imagesPerSecond()).isCloseTo(19 * 32 / 9.0, within(1e-9));
    }

    @Test
    void theTimeOfAnExchangeCountsInTheRateOfSeveralTrainers() {
        List<StepPoint> steps = new ArrayList<>();
        Interruptions interruptions = new Interruptions(2);
        for (int step = 1; step <= 32; step++) {
            int second = step <= 16 ? step : step + 15;
            steps.add(of(0, step, second));
            steps.add(of(1, step, second));
        }
        steps.forEach(interruptions::add);
        RunHistory run =
                new RunHistory(
                        Records.NAME,
                        2,
                        steps,
                        List.of(),
                        interruptions.found(Set.of(), 16),
                        Map.of(),
                        Map.of(),
                        List.of());
        assertThat(run.imagesPerSecond()).isCloseTo(63 * 32 / 46.0, within(1e-9));
    }

    private static StepPoint of(int trainer, long step, long second) {
        return StepPoint.of(
                Records.BEGIN.plusSeconds(second),
                TestRecords.step("run", step).setBatchPartition(trainer).build());
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
