package io.kiln.verification.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.network.PublishedArchitectures;
import io.kiln.model.torch.Precision;
import io.kiln.model.training.TestBatches;
import io.kiln.model.training.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** By hand and alone, since the memory is that of the whole process: -Dkiln.stepMemory=true. */
@EnabledIfSystemProperty(named = "kiln.stepMemory", matches = "true")
class StepMemoryTest {
    @Test
    void aStepOfResNet50OnTwoImagesTakesLessThan4GiB() {
        Architecture architecture = PublishedArchitectures.named("resnet50", 768, 3);
        InputGeometry geometry = new InputGeometry(224, 224, 3, 32);
        try (Trainer trainer =
                new Trainer(TestBatches.settings(architecture, geometry, Precision.FP32, 0.01))) {
            for (int step = 0; step < 2; step++) {
                assertThat(trainer.step(TestBatches.bytes(geometry, 2, 20, step)).skipped())
                        .isFalse();
            }
        }
        long peak = ProcessUsage.peakResidentMebibytes();
        System.out.printf("resnet50, 224 px, batch 2: peak resident set %d MiB%n", peak);
        assertThat(peak).isLessThan(4096);
    }

    /**
     * The heap must be all there from the beginning, or its growth is measured: with
     * -Dtest.jvm.args="-Xms256m -Xmx256m -XX:+AlwaysPreTouch -Dai.djl.offline=true".
     */
    @Test
    void residentMemoryIsFlatOverAThousandStepsOfASmallNetwork() {
        Architecture architecture = TestBatches.architecture(Family.RESNET_BOTTLENECK);
        InputGeometry geometry = new InputGeometry(64, 64, 3, 32);
        long early = 0;
        try (Trainer trainer =
                new Trainer(TestBatches.settings(architecture, geometry, Precision.FP32, 0.01))) {
            for (int step = 1; step <= 1000; step++) {
                assertThat(trainer.step(TestBatches.bytes(geometry, 8, 2, step)).skipped())
                        .isFalse();
                if (step == 100) {
                    early = ProcessUsage.residentMebibytes();
                }
            }
        }
        long late = ProcessUsage.residentMebibytes();
        System.out.printf("resident set at step 100 %d MiB, at step 1000 %d MiB%n", early, late);
        assertThat(late).isLessThan(Math.round(1.03 * early));
    }
}
