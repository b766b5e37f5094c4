package io.kiln.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Precision;
import io.kiln.model.training.TestBatches;
import io.kiln.model.training.Trainer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class WeightImportTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 64, 3, 32);

    @TempDir Path directory;

    private static Trainer trainer(Family family) {
        return new Trainer(
                TestBatches.settings(
                        TestBatches.architecture(family), GEOMETRY, Precision.FP32, 0.01));
    }

    /** A trainer whose weights are no longer the first ones. */
    private static Trainer trained(Family family) {
        Trainer trainer = trainer(family);
        trainer.step(TestBatches.bytes(GEOMETRY, 4, 2, 5));
        return trainer;
    }

    private Path encoder(Trainer trainer, WeightNames names) throws IOException {
        Path file = directory.resolve("encoder.safetensors");
        try (OutputStream out = Files.newOutputStream(file)) {
            EncoderExport.write(out, trainer.model(), names, Map.of());
        }
        return file;
    }

    private static byte[] network(Trainer trainer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TestBatches.writeNetwork(out, trainer.model());
        return out.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({
        "CONVNEXT, TIMM",
        "CONVNEXT, OFFICIAL",
        "CONVNEXT, SPARK",
        "CONVNEXT_V2, TIMM",
        "CONVNEXT_V2, OFFICIAL",
        "CONVNEXT_V2, SPARK"
    })
    void exportedEncoderIsImportedUnderEveryStyle(Family family, WeightNames names)
            throws IOException {
        try (Trainer from = trained(family);
                Trainer to = trainer(family)) {
            Path file = encoder(from, names);
            byte[] exported = Files.readAllBytes(file);
            WeightImport.load(file, to.model(), WeightImport.Scope.ENCODER, names);
            assertThat(Files.readAllBytes(encoder(to, names))).isEqualTo(exported);
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void exportedNetworkIsImportedWhole(Family family) throws IOException {
        try (Trainer from = trained(family);
                Trainer to = trainer(family)) {
            Path file = Files.write(directory.resolve("network.safetensors"), network(from));
            WeightImport.load(file, to.model(), WeightImport.Scope.ALL, WeightNames.SPARK);
            assertThat(network(to)).isEqualTo(network(from));
        }
    }

    @Test
    void otherStyleIsRefusedWithWhatIsMissingAndASuggestion() throws IOException {
        try (Trainer trainer = trained(Family.CONVNEXT)) {
            byte[] before = network(trainer);
            Path file = encoder(trainer, WeightNames.TIMM);
            assertThatThrownBy(
                            () ->
                                    WeightImport.load(
                                            file,
                                            trainer.model(),
                                            WeightImport.Scope.ENCODER,
                                            WeightNames.OFFICIAL))
                    .isInstanceOf(WeightFileException.class)
                    .hasMessageContaining("missing downsample_layers.0.0.weight")
                    .hasMessageContaining("unexpected stem.0.weight")
                    .hasMessageContaining("look like style timm");
            assertThat(network(trainer)).isEqualTo(before);
        }
    }

    @Test
    void otherChannelCountSaysWhatToDo() throws IOException {
        Architecture rgb = TestBatches.architecture(Family.RESNET_BASIC);
        Architecture wide =
                new Architecture(
                        rgb.family(),
                        rgb.depths(),
                        rgb.widths(),
                        rgb.stem(),
                        rgb.layerScale(),
                        0,
                        rgb.decoderWidth(),
                        4);
        InputGeometry four = new InputGeometry(64, 64, 4, 32);
        var settings = TestBatches.settings(rgb, GEOMETRY, Precision.FP32, 0.01);
        var fourChannels =
                new io.kiln.model.training.TrainerSettings(
                        wide,
                        four,
                        new io.kiln.model.batch.Normalisation(
                                java.util.List.of(0.5, 0.5, 0.5, 0.5),
                                java.util.List.of(1.0, 1.0, 1.0, 1.0)),
                        settings.optimiser(),
                        settings.schedule(),
                        Precision.FP32,
                        "cpu",
                        io.kiln.model.torch.Kernels.FAST,
                        7);
        try (Trainer from = trainer(Family.RESNET_BASIC);
                Trainer to = new Trainer(fourChannels)) {
            Path file = encoder(from, WeightNames.TIMM);
            assertThatThrownBy(
                            () ->
                                    WeightImport.load(
                                            file,
                                            to.model(),
                                            WeightImport.Scope.ENCODER,
                                            WeightNames.TIMM))
                    .isInstanceOf(WeightFileException.class)
                    .hasMessageContaining("conv1.weight is [6, 3, 7, 7], expected [6, 4, 7, 7]")
                    .hasMessageContaining("set input.channels");
        }
    }

    @Test
    void weightThatIsNoNumberIsNamed() throws IOException {
        try (Trainer trainer = trained(Family.RESNET_BASIC)) {
            byte[] bytes = Files.readAllBytes(encoder(trainer, WeightNames.TIMM));
            int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(8 + header + 4 * 17, Float.NaN);
            Path file = Files.write(directory.resolve("nan.safetensors"), bytes);
            assertThatThrownBy(
                            () ->
                                    WeightImport.load(
                                            file,
                                            trainer.model(),
                                            WeightImport.Scope.ENCODER,
                                            WeightNames.TIMM))
                    .isInstanceOf(WeightFileException.class)
                    .hasMessageContaining("nan.safetensors: value 17 of conv1.weight is NaN");
        }
    }
}
