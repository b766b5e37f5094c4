package io.kiln.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kiln.model.weights.WeightFileException;
import io.kiln.model.weights.WeightNames;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ImageEncoderTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 96, 3, 32);
    private static final int IMAGE_VALUES = 3 * 64 * 96;

    @TempDir Path directory;

    private Path exported(Family family) throws IOException {
        Architecture architecture = TestBatches.architecture(family);
        Path file = directory.resolve("encoder.safetensors");
        try (Trainer trainer =
                        new Trainer(
                                TestBatches.settings(
                                        architecture, GEOMETRY, Precision.FP32, 0.01));
                OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < 3; i++) {
                trainer.step(TestBatches.bytes(GEOMETRY, 4, 3, i));
            }
            trainer.exportEncoder(
                    out, WeightNames.TIMM, Map.of("architecture", architecture.toJson()));
        }
        return file;
    }

    private static float[] pixels(int images, long seed) {
        Random random = new Random(seed);
        float[] pixels = new float[images * IMAGE_VALUES];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        return pixels;
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void featuresHaveTheStridesOfTheStagesAndDoNotDependOnTheBatch(Family family)
            throws IOException {
        try (ImageEncoder encoder = ImageEncoder.open(exported(family), WeightNames.TIMM)) {
            float[] two = pixels(2, 1);
            List<ImageEncoder.FeatureMap> together = encoder.features(GEOMETRY, 2, two);
            assertThat(together)
                    .extracting(ImageEncoder.FeatureMap::height)
                    .containsExactly(16, 8, 4, 2);
            assertThat(together)
                    .extracting(ImageEncoder.FeatureMap::width)
                    .containsExactly(24, 12, 6, 3);
            assertThat(together)
                    .extracting(ImageEncoder.FeatureMap::channels)
                    .containsExactly(8, 12, 16, 24);
            float[] second = java.util.Arrays.copyOfRange(two, IMAGE_VALUES, 2 * IMAGE_VALUES);
            List<ImageEncoder.FeatureMap> alone = encoder.features(GEOMETRY, 1, second);
            for (int stage = 0; stage < 4; stage++) {
                float[] expected = alone.get(stage).values();
                for (int i = 0; i < expected.length; i++) {
                    assertThat(together.get(stage).values()[expected.length + i])
                            .isCloseTo(expected[i], within(1e-4f));
                }
            }
        }
    }

    @Test
    void encoderIsThreadSafe() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (ImageEncoder encoder =
                ImageEncoder.open(exported(Family.RESNET_BASIC), WeightNames.TIMM)) {
            float[] expected = encoder.features(GEOMETRY, 1, pixels(1, 9)).get(3).values();
            List<Future<float[]>> results = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                results.add(
                        threads.submit(
                                () -> encoder.features(GEOMETRY, 1, pixels(1, 9)).get(3).values()));
            }
            for (Future<float[]> result : results) {
                assertThat(result.get()).isEqualTo(expected);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void fileWithoutArchitectureIsRefused() throws IOException {
        Path file = directory.resolve("foreign.safetensors");
        try (OutputStream out = Files.newOutputStream(file)) {
            new io.kiln.model.weights.SafeTensorsWriter().write(out, Map.of());
        }
        assertThatThrownBy(() -> ImageEncoder.open(file, WeightNames.TIMM))
                .isInstanceOf(WeightFileException.class)
                .hasMessageContaining("foreign.safetensors")
                .hasMessageContaining("exported by Kiln");
    }
}
