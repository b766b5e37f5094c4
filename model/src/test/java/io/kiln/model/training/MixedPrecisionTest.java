package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Bf16Support;
import io.kiln.model.torch.Precision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Longer runs by hand: -Dkiln.precision.steps=300 -Dkiln.precision.curves=DIR writes the losses of
 * every step as DIR/FAMILY.csv (docs/explanation/model.md).
 */
class MixedPrecisionTest {
    private static final int STEPS = Integer.getInteger("kiln.precision.steps", 50);

    /** From about here a rounding decides which way a step of this size goes. */
    private static final int SAME_PATH = 50;

    private static final InputGeometry GEOMETRY = new InputGeometry(64, 64, 3, 32);
    private static final int IMAGES = 8;

    @ParameterizedTest
    @EnumSource(Family.class)
    void lossOfBf16FollowsThatOfFp32(Family family) throws IOException {
        List<Double> single = losses(family, Precision.FP32, 7);
        List<Double> mixed = losses(family, Precision.BF16, 7);
        write(family, single, mixed);
        assertThat(mixed).as("is another computation").isNotEqualTo(single);
        assertThat(single.get(STEPS - 1)).as("learns").isLessThan(0.95 * single.get(0));
        for (int step = 0; step < Math.min(STEPS, SAME_PATH); step++) {
            assertThat(Math.abs(mixed.get(step) - single.get(step)) / single.get(step))
                    .as("step %d: bf16 %f, fp32 %f", step, mixed.get(step), single.get(step))
                    .isLessThan(0.05);
        }
    }

    private static List<Double> losses(Family family, Precision precision, long seed) {
        List<Double> losses = new ArrayList<>();
        try (Trainer trainer =
                new Trainer(
                        TestBatches.withSeed(
                                TestBatches.settings(
                                        TestBatches.architecture(family),
                                        GEOMETRY,
                                        precision,
                                        0.03),
                                seed))) {
            for (int step = 0; step < STEPS; step++) {
                StepResult result = trainer.step(waves(step));
                assertThat(result.skipped()).isFalse();
                losses.add(result.loss());
            }
        }
        return losses;
    }

    /** Images that can be guessed from their visible parts: one wave each, its colour shifted. */
    private static MaskedBatch waves(int seed) {
        MaskedBatch masks = TestBatches.bytes(GEOMETRY, IMAGES, 2, seed);
        Random random = new Random(seed);
        int patchValues = GEOMETRY.patchValues();
        ByteBuffer visible = ByteBuffer.allocate(masks.visiblePatches().remaining());
        ByteBuffer masked = ByteBuffer.allocate(masks.maskedPatches().remaining());
        for (int image = 0; image < IMAGES; image++) {
            double frequency = 0.05 + 0.1 * random.nextDouble();
            double phase = 2 * Math.PI * random.nextDouble();
            for (int patch = 0; patch < 4; patch++) {
                ByteBuffer target = patch < 2 ? visible : masked;
                for (int i = 0; i < patchValues; i++) {
                    int row = i / (32 * 3);
                    double value = Math.sin(frequency * row + phase + i % 3);
                    target.put((byte) (int) Math.round(127 + 120 * value));
                }
            }
        }
        return new MaskedBatch(masks.grid(), visible.flip(), masked.flip());
    }

    private static void write(Family family, List<Double> single, List<Double> mixed)
            throws IOException {
        String directory = System.getProperty("kiln.precision.curves");
        if (directory == null) {
            return;
        }
        List<Double> otherSeed = losses(family, Precision.FP32, 8);
        StringBuilder lines = new StringBuilder("step,fp32,bf16,fp32 of another seed\n");
        for (int step = 0; step < STEPS; step++) {
            lines.append(
                    String.format(
                            Locale.ROOT,
                            "%d,%.5f,%.5f,%.5f%n",
                            step + 1,
                            single.get(step),
                            mixed.get(step),
                            otherSeed.get(step)));
        }
        Files.writeString(
                Path.of(directory, family.name().toLowerCase(Locale.ROOT) + ".csv"), lines);
    }

    @Test
    void bf16ArithmeticIsRecognisedByTheProcessorsFlags() {
        assertThat(Bf16Support.in(List.of("model name : x", "flags : fpu avx512_bf16 sse")))
                .isTrue();
        assertThat(Bf16Support.in(List.of("flags : fpu amx_bf16"))).isTrue();
        assertThat(Bf16Support.in(List.of("flags : fpu avx512f", "bugs : amx_bf16"))).isFalse();
    }
}
