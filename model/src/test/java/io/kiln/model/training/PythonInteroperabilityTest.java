package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.PublishedArchitectures;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorType;
import io.kiln.model.weights.WeightImport;
import io.kiln.model.weights.WeightNames;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loads timm's encoders, strictly, from -Dkiln.interoperability=DIR, gives them back, trains them
 * for some steps, and writes what came of it, as safetensors and as TorchScript, and its features,
 * for Python to load and compare (.ci/interoperability).
 */
@EnabledIfSystemProperty(named = "kiln.interoperability", matches = ".+")
class PythonInteroperabilityTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 96, 3, 32);
    private static final int IMAGES = 2;
    private static final int DECODER_WIDTH = 32;

    @ParameterizedTest
    @ValueSource(strings = {"resnet50", "convnext_tiny", "convnextv2_atto", "convnextv2_tiny"})
    void encoderAndItsFeaturesAreWritten(String name) throws IOException {
        Path directory =
                Files.createDirectories(Path.of(System.getProperty("kiln.interoperability")));
        Architecture architecture = PublishedArchitectures.named(name, DECODER_WIDTH, 3);
        Path encoder = directory.resolve(name + ".safetensors");
        try (Trainer trainer =
                new Trainer(TestBatches.settings(architecture, GEOMETRY, Precision.FP32, 0.01))) {
            WeightImport.load(
                    directory.resolve("timm-" + name + ".safetensors"),
                    trainer.model(),
                    WeightImport.Scope.ENCODER,
                    WeightNames.TIMM);
            export(
                    trainer,
                    directory.resolve("returned-" + name + ".safetensors"),
                    WeightNames.TIMM);
            for (int i = 0; i < 3; i++) {
                trainer.step(TestBatches.bytes(GEOMETRY, 4, 3, i));
            }
            for (WeightNames names : WeightNames.values()) {
                String style =
                        names == WeightNames.TIMM
                                ? ""
                                : "-" + names.name().toLowerCase(java.util.Locale.ROOT);
                export(trainer, directory.resolve(name + style + ".safetensors"), names);
            }
        }
        float[] pixels = new float[IMAGES * 3 * 64 * 96];
        Random random = new Random(4);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        SafeTensorsWriter writer = new SafeTensorsWriter();
        add(writer, "input", List.of((long) IMAGES, 3L, 64L, 96L), pixels);
        try (ImageEncoder opened = ImageEncoder.open(encoder, WeightNames.TIMM)) {
            try (OutputStream out = Files.newOutputStream(directory.resolve(name + ".pt"))) {
                opened.exportTorchScript(out, WeightNames.TIMM);
            }
            List<ImageEncoder.FeatureMap> features = opened.features(GEOMETRY, IMAGES, pixels);
            for (int stage = 0; stage < features.size(); stage++) {
                ImageEncoder.FeatureMap map = features.get(stage);
                assertThat(map.values()).isNotEmpty();
                List<Long> shape =
                        List.of(
                                (long) IMAGES,
                                (long) map.channels(),
                                (long) map.height(),
                                (long) map.width());
                add(writer, "features." + stage, shape, map.values());
            }
        }
        try (OutputStream out =
                Files.newOutputStream(directory.resolve(name + "-features.safetensors"))) {
            writer.write(out, Map.of());
        }
    }

    private static void export(Trainer trainer, Path file, WeightNames names) throws IOException {
        String architecture = trainer.model().architecture().toJson();
        try (OutputStream out = Files.newOutputStream(file)) {
            EncoderExport.write(out, trainer.model(), names, Map.of("architecture", architecture));
        }
    }

    private static void add(
            SafeTensorsWriter writer, String name, List<Long> shape, float[] values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        writer.add(name, TensorType.F32, shape, () -> bytes);
    }
}
