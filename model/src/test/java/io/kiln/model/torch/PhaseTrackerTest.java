package io.kiln.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PhaseTrackerTest {
    @Test
    void aPhaseThatIsInterruptedBeginsAgain() {
        List<Phase> entered = new ArrayList<>();
        PhaseTracker phases = new PhaseTracker(entered::add);
        phases.enter(Phase.ENCODER);
        assertThat(phases.during(Phase.INDEX, () -> "table")).isEqualTo("table");
        phases.enter(Phase.DENSIFY);
        assertThat(entered)
                .containsExactly(Phase.ENCODER, Phase.INDEX, Phase.ENCODER, Phase.DENSIFY);
    }
}
