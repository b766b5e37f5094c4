package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kiln.operations.report.Series.Point;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CurvesTest {
    private static final int MANY = 100_000;

    private static List<StepPoint> many() {
        List<StepPoint> steps = new ArrayList<>();
        for (int step = 1; step <= MANY; step++) {
            steps.add(Records.step(step, step == 77_777 ? 9 : step == 55_555 ? 0.1 : 0.5));
        }
        return steps;
    }

    @Test
    void ofManyStepsTheExtremesStay() {
        List<Point> raw = Curves.raw(many(), StepPoint::loss);
        assertThat(raw).hasSizeLessThanOrEqualTo(2 * Curves.PARTS);
        assertThat(raw).contains(new Point(77_777, 9), new Point(55_555, 0.1));
        assertThat(raw).isSortedAccordingTo((a, b) -> Double.compare(a.x(), b.x()));
    }

    @Test
    void ofFewStepsEachIsAPoint() {
        assertThat(Curves.raw(Records.steps(60), StepPoint::loss)).hasSize(60);
        assertThat(Curves.smooth(Records.steps(60), StepPoint::loss)).hasSize(60);
    }

    @Test
    void aSmoothedConstantIsThatConstantFromTheFirstStepOn() {
        List<StepPoint> steps = new ArrayList<>();
        for (int step = 1; step <= 100; step++) {
            steps.add(Records.step(step, 0.7));
        }
        assertThat(Curves.smooth(steps, StepPoint::loss))
                .allSatisfy(point -> assertThat(point.y()).isCloseTo(0.7, within(1e-12)));
    }

    @Test
    void theSmoothedLineEndsAtTheLastStep() {
        List<Point> smooth = Curves.smooth(many(), StepPoint::loss);
        assertThat(smooth).hasSize(Curves.PARTS);
        assertThat(smooth.get(smooth.size() - 1).x()).isEqualTo(MANY);
    }
}
