package io.kiln.model.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.training.TestBatches;
import io.kiln.model.weights.WeightNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TorchScriptExportTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 96, 3, 32);

    @TempDir Path directory;

    @ParameterizedTest
    @EnumSource(Family.class)
    void djlRunsTheArchiveToTheFeaturesOfTheEncoder(Family family) throws Exception {
        float[] pixels = pixels(2 * 3 * 64 * 96);
        try (ImageEncoder encoder =
                ImageEncoder.open(TestBatches.exportedEncoder(directory, family, GEOMETRY))) {
            List<ImageEncoder.FeatureMap> expected = encoder.features(GEOMETRY, 2, pixels);
            for (WeightNames names : WeightNames.values()) {
                List<float[]> features = run(encoder, names, pixels, new Shape(2, 3, 64, 96));
                for (int stage = 0; stage < Architecture.STAGES; stage++) {
                    assertThat(features.get(stage))
                            .as("stage %d, names %s", stage, names)
                            .containsExactly(
                                    expected.get(stage).values(),
                                    within(tolerance(expected, stage)));
                }
            }
        }
    }

    private static float tolerance(List<ImageEncoder.FeatureMap> features, int stage) {
        float largest = 0;
        for (float value : features.get(stage).values()) {
            largest = Math.max(largest, Math.abs(value));
        }
        return 1e-5f * largest;
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void theArchiveTakesSizesThatAreNoMultipleOfTheStride(Family family) throws Exception {
        try (ImageEncoder encoder =
                ImageEncoder.open(TestBatches.exportedEncoder(directory, family, GEOMETRY))) {
            int smallest = family.isConvNext() ? 2 * 1 : 3 * 2;
            List<float[]> features =
                    run(encoder, WeightNames.TIMM, pixels(3 * 70 * 50), new Shape(1, 3, 70, 50));
            assertThat(features.get(3)).hasSize(24 * smallest);
        }
    }

    @Test
    void equalEncodersGiveEqualArchives() throws IOException {
        try (ImageEncoder encoder =
                ImageEncoder.open(
                        TestBatches.exportedEncoder(directory, Family.RESNET_BASIC, GEOMETRY))) {
            assertThat(archive(encoder)).isEqualTo(archive(encoder));
        }
    }

    private static byte[] archive(ImageEncoder encoder) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        encoder.exportTorchScript(bytes, WeightNames.TIMM);
        return bytes.toByteArray();
    }

    private List<float[]> run(ImageEncoder encoder, WeightNames names, float[] pixels, Shape shape)
            throws Exception {
        try (OutputStream out = Files.newOutputStream(directory.resolve("encoder.pt"))) {
            encoder.exportTorchScript(out, names);
        }
        try (Model model = Model.newInstance("encoder", "PyTorch")) {
            model.load(directory, "encoder");
            try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
                    NDList input = new NDList(model.getNDManager().create(pixels, shape))) {
                return predictor.predict(input).stream().map(a -> a.toFloatArray()).toList();
            }
        }
    }

    private static float[] pixels(int count) {
        Random random = new Random(5);
        float[] pixels = new float[count];
        for (int i = 0; i < count; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        return pixels;
    }
}
