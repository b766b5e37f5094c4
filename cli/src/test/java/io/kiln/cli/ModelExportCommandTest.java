package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Precision;
import io.kiln.model.training.CosineSchedule;
import io.kiln.model.training.OptimiserSettings;
import io.kiln.model.training.Trainer;
import io.kiln.model.training.TrainerSettings;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.WeightNames;
import io.kiln.operations.console.Json;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipFile;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelExportCommandTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 96, 3, 32);

    @TempDir Path directory;

    private Path encoder(Family family, Map<String, String> metadata) throws IOException {
        Architecture architecture =
                new Architecture(
                        family, List.of(1, 1, 1, 1), List.of(8, 8, 8, 8), 8, 1e-6, 0, 32, 3);
        Path file = directory.resolve("encoder.safetensors");
        Map<String, String> all = new LinkedHashMap<>(metadata);
        all.put("architecture", architecture.toJson());
        try (Trainer trainer =
                        new Trainer(
                                new TrainerSettings(
                                        architecture,
                                        GEOMETRY,
                                        Normalisation.IMAGENET,
                                        new OptimiserSettings(0.9, 0.95, 1e-6, 5),
                                        new CosineSchedule(1e-3, 1, 10, 0.04, 0.2),
                                        Precision.FP32,
                                        "cpu",
                                        Kernels.FAST,
                                        1));
                OutputStream out = Files.newOutputStream(file)) {
            EncoderExport.write(out, trainer.model(), WeightNames.TIMM, all);
        }
        return file;
    }

    private Path pictures(int count) throws IOException {
        Path folder = Files.createDirectories(directory.resolve("pictures"));
        Random random = new Random(1);
        for (int i = 0; i < count; i++) {
            BufferedImage picture = new BufferedImage(120, 90, BufferedImage.TYPE_INT_RGB);
            for (int at = 0; at < 120 * 90; at++) {
                picture.setRGB(at % 120, at / 120, random.nextInt(1 << 24));
            }
            ImageIO.write(picture, "png", folder.resolve(i + ".png").toFile());
        }
        Files.writeString(folder.resolve("notes.txt"), "no picture");
        return folder;
    }

    @Test
    void torchScriptIsAnArchiveWithTheFactsOfTheEncoder() throws IOException {
        Path from = encoder(Family.CONVNEXT, Map.of("step", "7"));
        Path to = directory.resolve("encoder.pt");
        Cli run =
                Cli.run(
                        "model",
                        "export",
                        "--from",
                        from.toString(),
                        "--to",
                        to.toString(),
                        "--format",
                        "torchscript",
                        "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(Json.MAPPER.readTree(run.out()).path("bytes").asLong())
                .isEqualTo(Files.size(to));
        try (ZipFile zip = new ZipFile(to.toFile())) {
            byte[] metadata =
                    zip.getInputStream(zip.getEntry("kiln/extra/metadata.json")).readAllBytes();
            assertThat(Json.MAPPER.readTree(metadata).path("step").asText()).isEqualTo("7");
        }
        assertThat(directory).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void namesOfAnotherStyleHoldTheSameWeights() throws IOException {
        Path from = encoder(Family.CONVNEXT, Map.of("step", "7"));
        Path spark = directory.resolve("spark.safetensors");
        Path back = directory.resolve("back.safetensors");
        assertThat(export(from, spark, "--names", "spark").exitCode()).isZero();
        try (SafeTensorsFile file = SafeTensorsFile.open(spark)) {
            assertThat(file.tensor("sparse_encoder.sp_cnn.downsample_layers.0.0.weight"))
                    .isPresent();
        }
        assertThat(export(spark, back, "--names", "timm").exitCode()).isZero();
        assertThat(back).hasSameBinaryContentAs(from);
    }

    @Test
    void recalibrationUsesThePicturesOfTheFolder() throws IOException {
        Path from =
                encoder(
                        Family.RESNET_BASIC,
                        Map.of(
                                "height", "64",
                                "width", "96",
                                "mean", "[0.485, 0.456, 0.406]",
                                "std", "[0.229, 0.224, 0.225]"));
        Path to = directory.resolve("dense.safetensors");
        Cli run = export(from, to, "--recalibrate-with", pictures(5).toString(), "--batch", "2");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("recalibrated with 4 images");
        try (ImageEncoder opened = ImageEncoder.open(to);
                SafeTensorsFile file = SafeTensorsFile.open(to)) {
            assertThat(opened.metadata()).containsEntry("height", "64");
            assertThat(file.doubles("bn1.num_batches_tracked")).containsExactly(2);
        }
    }

    @Test
    void whatCannotBeRecalibratedIsSaid() throws IOException {
        Path to = directory.resolve("dense.safetensors");
        String few = pictures(1).toString();
        Path bare = encoder(Family.RESNET_BASIC, Map.of());
        assertThat(export(bare, to, "--recalibrate-with", few).err())
                .contains("has no metadata height");
        Path convNext = encoder(Family.CONVNEXT, Map.of());
        assertThat(export(convNext, to, "--recalibrate-with", few).err())
                .contains("ConvNeXt, which has no running statistics");
        assertThat(export(convNext, to, "--recalibrate-with", few + "-none").err())
                .contains("is not a folder");
        Path ready =
                encoder(
                        Family.RESNET_BASIC,
                        Map.of("height", "64", "width", "96", "mean", "[0,0,0]", "std", "[1,1,1]"));
        Cli run = export(ready, to, "--recalibrate-with", few);
        assertThat(run.err()).contains("fewer than 16 images");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(to).doesNotExist();
    }

    @Test
    void aFileThatIsNoEncoderIsAFailedRunThatNamesIt() throws IOException {
        Path from = Files.writeString(directory.resolve("other.safetensors"), "not safetensors");
        Cli run = export(from, directory.resolve("to"));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("other.safetensors").contains("header");
    }

    private static Cli export(Path from, Path to, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "model",
                                "export",
                                "--from",
                                from.toString(),
                                "--to",
                                to.toString()));
        arguments.addAll(List.of(more));
        return Cli.run(arguments.toArray(String[]::new));
    }
}
