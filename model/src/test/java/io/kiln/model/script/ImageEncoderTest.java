package io.kiln.model.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.Family;
import io.kiln.model.training.TestBatches;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.TensorHeader;
import io.kiln.model.weights.WeightFileException;
import io.kiln.model.weights.WeightNames;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
        return TestBatches.exportedEncoder(directory, family, GEOMETRY);
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
            float[] second = Arrays.copyOfRange(two, IMAGE_VALUES, 2 * IMAGE_VALUES);
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

    @ParameterizedTest
    @EnumSource(
            value = Family.class,
            names = {"RESNET_BASIC", "RESNET_BOTTLENECK"})
    void recalibrationGivesTheStatisticsOfWholeImagesAndLeavesWeights(Family family)
            throws IOException {
        Path calibrated = directory.resolve("calibrated.safetensors");
        Path file = exported(family);
        float[] first = pixels(2, 1);
        float[] second = pixels(2, 2);
        try (ImageEncoder encoder = ImageEncoder.open(file)) {
            List<float[]> batches = List.of(first, second);
            assertThat(encoder.recalibrate(GEOMETRY, 2, batches.iterator())).isEqualTo(2);
            try (OutputStream out = Files.newOutputStream(calibrated)) {
                encoder.exportSafeTensors(out, WeightNames.TIMM);
            }
        }
        try (SafeTensorsFile before = SafeTensorsFile.open(file);
                SafeTensorsFile after = SafeTensorsFile.open(calibrated)) {
            assertThat(after.metadata()).isEqualTo(before.metadata());
            for (TensorHeader tensor : before.tensors()) {
                String name = tensor.name();
                if (name.endsWith("num_batches_tracked")) {
                    assertThat(after.doubles(name)).containsExactly(2);
                } else if (name.contains(".running_")) {
                    assertThat(after.doubles(name)).as(name).isNotEqualTo(before.doubles(name));
                } else {
                    assertThat(after.doubles(name)).as(name).isEqualTo(before.doubles(name));
                }
            }
            double[] weight = after.doubles("conv1.weight");
            double[] firstOutputs = stemOutputs(weight, first);
            double[] secondOutputs = stemOutputs(weight, second);
            assertThat(after.doubles("bn1.running_mean")[0])
                    .isCloseTo((mean(firstOutputs) + mean(secondOutputs)) / 2, within(1e-5));
            assertThat(after.doubles("bn1.running_var")[0])
                    .isCloseTo(
                            (variance(firstOutputs) + variance(secondOutputs)) / 2, within(1e-5));
        }
    }

    /** Channel 0 of the stem's 7×7 convolution, stride 2, padding 3, over all of both images. */
    private static double[] stemOutputs(double[] weight, float[] pixels) {
        double[] outputs = new double[2 * 32 * 48];
        for (int at = 0; at < outputs.length; at++) {
            int image = at / (32 * 48);
            int top = at / 48 % 32 * 2 - 3;
            int left = at % 48 * 2 - 3;
            for (int k = 0; k < 3 * 49; k++) {
                int y = top + k / 7 % 7;
                int x = left + k % 7;
                if (y >= 0 && y < 64 && x >= 0 && x < 96) {
                    outputs[at] += weight[k] * pixels[((image * 3 + k / 49) * 64 + y) * 96 + x];
                }
            }
        }
        return outputs;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static double variance(double[] values) {
        double mean = mean(values);
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        return squares / (values.length - 1);
    }

    @Test
    void recalibrationWithoutImagesOrOverASingleSiteIsRefused() throws IOException {
        try (ImageEncoder encoder = ImageEncoder.open(exported(Family.RESNET_BASIC))) {
            assertThatThrownBy(() -> encoder.recalibrate(GEOMETRY, 1, Collections.emptyIterator()))
                    .hasMessageContaining("no images");
            InputGeometry tiny = new InputGeometry(32, 32, 3, 32);
            List<float[]> batch = List.of(new float[3 * 32 * 32]);
            assertThatThrownBy(() -> encoder.recalibrate(tiny, 1, batch.iterator()))
                    .hasMessageContaining("single site");
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
