package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.EncoderTensors;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.TimmStem;
import io.kiln.model.weights.WeightNames;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WholeImageEncoderTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 96, 3, 32);

    @TempDir Path directory;

    private static Trainer trained(Architecture architecture) {
        Trainer trainer =
                new Trainer(TestBatches.settings(architecture, GEOMETRY, Precision.FP32, 0.05));
        for (int i = 0; i < 3; i++) {
            trainer.step(TestBatches.bytes(GEOMETRY, 4, 3, i));
        }
        return trainer;
    }

    private Path write(String name, EncoderTensors encoder) throws IOException {
        Path file = directory.resolve(name);
        Map<String, String> metadata = Map.of("architecture", encoder.architecture().toJson());
        try (OutputStream out = Files.newOutputStream(file)) {
            EncoderExport.write(out, encoder, WeightNames.TIMM, metadata);
        }
        return file;
    }

    /** Pixels of whole images, [images, channels, height, width], normalised. */
    private static float[] pixels(MaskedBatch batch) {
        int images = batch.grid().images();
        float[] pixels = new float[images * 3 * 64 * 96];
        put(batch.visiblePatches().array(), batch.grid().activePatches(), pixels);
        put(batch.maskedPatches().array(), batch.grid().maskedPatches(), pixels);
        return pixels;
    }

    private static void put(byte[] patches, int[] cells, float[] pixels) {
        List<Double> mean = Normalisation.IMAGENET.mean();
        List<Double> std = Normalisation.IMAGENET.std();
        for (int i = 0; i < patches.length; i++) {
            int cell = cells[i / (32 * 32 * 3)];
            int y = cell % 6 / 3 * 32 + i / (32 * 3) % 32;
            int x = cell % 3 * 32 + i / 3 % 32;
            double share = (patches[i] & 0xff) / 255.0;
            pixels[((cell / 6 * 3 + i % 3) * 64 + y) * 96 + x] =
                    (float) ((share - mean.get(i % 3)) / std.get(i % 3));
        }
    }

    @ParameterizedTest
    @CsvSource({"RESNET_BASIC", "RESNET_BOTTLENECK"})
    void statisticsAreThoseThatTheWholeImagesShow(Family family) throws IOException {
        MaskedBatch recent = TestBatches.bytes(GEOMETRY, 5, 2, 9);
        try (Trainer trainer = trained(TestBatches.architecture(family));
                WholeImageEncoder encoder = trainer.encoder(recent);
                ImageEncoder expected =
                        ImageEncoder.open(
                                write(
                                        "raw.safetensors",
                                        EncoderTensors.of(
                                                trainer.model().architecture(),
                                                trainer.model().weights())))) {
            expected.recalibrate(GEOMETRY, 5, List.of(pixels(recent)).iterator());
            float[] images = pixels(TestBatches.bytes(GEOMETRY, 2, 2, 11));
            float[] theirs = expected.features(GEOMETRY, 2, images).get(3).values();
            assertThat(encoder.statistics()).isEqualTo(WholeImageEncoder.Statistics.WHOLE_IMAGES);
            assertThat(encoder.maskedStatistics()).containsKey("layer4.0.bn2.running_var");
            try (ImageEncoder ours =
                    ImageEncoder.open(write("whole.safetensors", encoder.tensors()))) {
                assertThat(ours.features(GEOMETRY, 2, images).get(3).values())
                        .usingComparatorWithPrecision(1e-4f)
                        .containsExactly(theirs);
            }
        }
    }

    @Test
    void largeBatchesPassInParts() {
        MaskedBatch recent = TestBatches.bytes(GEOMETRY, 11, 2, 9);
        MaskedBatch first = part(recent, 0, 8);
        MaskedBatch second = part(recent, 8, 11);
        String name = "bn1.running_mean";
        try (Trainer trainer = trained(TestBatches.architecture(Family.RESNET_BASIC));
                WholeImageEncoder all = trainer.encoder(recent);
                WholeImageEncoder eight = trainer.encoder(first);
                WholeImageEncoder three = trainer.encoder(second)) {
            double[] mean = NetworkTensors.doubles(all.tensors().arrays().get(name));
            double[] a = NetworkTensors.doubles(eight.tensors().arrays().get(name));
            double[] b = NetworkTensors.doubles(three.tensors().arrays().get(name));
            for (int i = 0; i < mean.length; i++) {
                assertThat(mean[i]).isCloseTo((8 * a[i] + 3 * b[i]) / 11, within(1e-6));
            }
        }
    }

    private static MaskedBatch part(MaskedBatch batch, int from, int to) {
        int values = GEOMETRY.patchValues();
        int[] coordinates = new int[(to - from) * 2 * 3];
        int[] active = batch.grid().activePatches();
        for (int i = 0; i < (to - from) * 2; i++) {
            int cell = active[2 * from + i] - from * 6;
            coordinates[3 * i] = cell / 6;
            coordinates[3 * i + 1] = cell % 6 / 3;
            coordinates[3 * i + 2] = cell % 3;
        }
        return new MaskedBatch(
                PatchGrid.of(GEOMETRY, to - from, coordinates),
                batch.visiblePatches().slice(2 * from * values, 2 * (to - from) * values),
                batch.maskedPatches().slice(4 * from * values, 4 * (to - from) * values));
    }

    @Test
    void trainingGoesOnAsIfNothingHadBeenPublished() {
        Architecture architecture = TestBatches.architecture(Family.RESNET_BOTTLENECK);
        MaskedBatch next = TestBatches.bytes(GEOMETRY, 4, 3, 7);
        try (Trainer published = trained(architecture);
                Trainer other = trained(architecture)) {
            published.encoder(next).close();
            assertThat(published.step(next).loss()).isEqualTo(other.step(next).loss());
            for (String name : NetworkTensors.arrays(other.model().weights()).keySet()) {
                assertThat(values(published, name)).as(name).isEqualTo(values(other, name));
            }
        }
    }

    private static double[] values(Trainer trainer, String name) {
        return NetworkTensors.doubles(NetworkTensors.arrays(trainer.model().weights()).get(name));
    }

    /** Stems narrower than the first stage, equal to it, and with no other way. */
    @ParameterizedTest
    @CsvSource({
        "RESNET_BASIC, 6, 8, 64, 8",
        "RESNET_BASIC, 8, 8, 64, 64",
        "RESNET_BOTTLENECK, 8, 8, 64, 64",
        "RESNET_BOTTLENECK, 6, 8, 64, 8",
        "RESNET_BASIC, 6, 64, 6, 64",
        "RESNET_BASIC, 70, 8, 70, 8",
    })
    void widenedStemGivesTheSameFeatures(
            Family family, int stem, int first, int wideStem, int wideFirst) throws IOException {
        Architecture architecture =
                new Architecture(
                        family,
                        List.of(1, 2, 1, 1),
                        List.of(first, 12, 16, 24),
                        stem,
                        0.1,
                        0,
                        32,
                        3);
        try (Trainer trainer = trained(architecture);
                NDManager manager = Libtorch.load().newBaseManager()) {
            EncoderTensors narrow = EncoderTensors.of(architecture, trainer.model().weights());
            EncoderTensors wide = TimmStem.widen(narrow, manager);
            assertThat(wide.architecture().stem()).isEqualTo(wideStem);
            assertThat(wide.architecture().widths().get(0)).isEqualTo(wideFirst);
            float[] images = pixels(TestBatches.bytes(GEOMETRY, 2, 2, 11));
            try (ImageEncoder a = ImageEncoder.open(write("narrow.safetensors", narrow));
                    ImageEncoder b = ImageEncoder.open(write("wide.safetensors", wide))) {
                for (int stage = 1; stage < 4; stage++) {
                    assertThat(b.features(GEOMETRY, 2, images).get(stage).values())
                            .usingComparatorWithPrecision(1e-5f)
                            .containsExactly(a.features(GEOMETRY, 2, images).get(stage).values());
                }
            }
        }
    }
}
