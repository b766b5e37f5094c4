package io.kiln.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** By hand and alone, since the memory is that of the whole process: -Dkiln.stepMemory=true. */
@EnabledIfSystemProperty(named = "kiln.stepMemory", matches = "true")
class StepMemoryTest {
    @Test
    void aStepOfResNet50OnTwoImagesTakesLessThan4GiB() throws IOException {
        Architecture architecture = PublishedArchitectures.named("resnet50", 768, 3);
        InputGeometry geometry = new InputGeometry(224, 224, 3, 32);
        try (Trainer trainer =
                new Trainer(TestBatches.settings(architecture, geometry, Precision.FP32, 0.01))) {
            for (int step = 0; step < 2; step++) {
                assertThat(trainer.step(TestBatches.bytes(geometry, 2, 20, step)).skipped())
                        .isFalse();
            }
        }
        long peak = peakResidentKilobytes();
        System.out.printf("resnet50, 224 px, batch 2: peak resident set %d MiB%n", peak >> 10);
        assertThat(peak).isLessThan(4L << 20);
    }

    /** Of this process, since it began, as Linux counts it. */
    private static long peakResidentKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
