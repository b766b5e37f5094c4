package io.kiln.training.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.model.training.Trainer;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.job.TestBatches;
import io.kiln.training.state.ModelSettings;
import io.kiln.training.state.RunProgress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VersionGateTest {
    /** Steps after which a version is due; each is published as soon as a barrier comes. */
    private static List<Long> due(KilnConfig config, int steps, int barrierEvery) {
        List<Long> due = new ArrayList<>();
        try (Trainer trainer = new Trainer(ModelSettings.of(config))) {
            RunProgress progress = RunProgress.fresh(List.of(0));
            VersionGate gate = new VersionGate(config, trainer, progress);
            for (int i = 0; i < steps; i++) {
                double loss = trainer.step(BatchDecoder.toMaskedBatch(TestBatches.batch(i))).loss();
                progress.stepped(loss, 0.01);
                if (trainer.step() % barrierEvery == 0 && gate.eventIsDue()) {
                    due.add(trainer.step());
                    if (gate.mayPublish()) {
                        progress.published(trainer.step());
                        trainer.discardAnnealed();
                    }
                }
            }
        }
        return due;
    }

    private static KilnConfig config(String... more) {
        return TestBatches.config("file:///nowhere", more); // a version every 3 steps
    }

    @Test
    void withoutAnnealingAVersionIsDueThatManyStepsAfterTheLast() {
        assertThat(due(config(), 10, 2)).containsExactly(4L, 8L);
    }

    /** Of steps 2 and 3, 5 and 6, 8 and 9. */
    @Test
    void withAnnealingAVersionIsDueWhenABranchHasEnded() {
        assertThat(due(config("training.anneal.steps=2"), 10, 1)).containsExactly(3L, 6L, 9L);
        assertThat(due(config("training.anneal.steps=2"), 10, 2)).containsExactly(4L, 6L, 10L);
        assertThat(due(config("training.anneal.steps=3"), 10, 5)).containsExactly(5L, 10L);
    }

    /** The loss is about 1: no version may be published, and each branch is asked about once. */
    @Test
    void branchOfAWithheldVersionIsGivenUp() {
        assertThat(due(config("training.anneal.steps=2", "checkpoints.maxLoss=0.01"), 7, 1))
                .containsExactly(3L, 6L);
    }
}
