package io.kiln.operations.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Encoder;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.EncoderTensors;
import io.kiln.model.weights.WeightNames;
import io.kiln.operations.OperationException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProbeTest {
    private static final int EACH = 8;

    @TempDir private Path folder;

    private Path encoder(Family family) throws IOException {
        Architecture architecture =
                new Architecture(
                        family, List.of(1, 1, 1, 1), List.of(8, 12, 16, 24), 64, 0.5, 0, 32, 3);
        Path file = folder.resolve("model.safetensors");
        try (NDManager manager = Libtorch.load().newBaseManager();
                OutputStream out = Files.newOutputStream(file)) {
            Weights weights = new Weights(manager, Precision.FP32.dataType(), 1);
            Encoder.of(architecture, weights);
            EncoderExport.write(
                    out,
                    EncoderTensors.of(architecture, weights),
                    WeightNames.TIMM,
                    Map.of(
                            "architecture",
                            architecture.toJson(),
                            "height",
                            "64",
                            "width",
                            "64",
                            "mean",
                            "[0.5, 0.5, 0.5]",
                            "std",
                            "[0.2, 0.2, 0.2]"));
        }
        return file;
    }

    /** Classes of one colour each, with noise. */
    private Path classes(int... colours) throws IOException {
        Random random = new Random(1);
        Path classes = Files.createDirectories(folder.resolve("classes"));
        for (int colour : colours) {
            Path of = Files.createDirectories(classes.resolve(Integer.toHexString(colour)));
            for (int i = 0; i < EACH; i++) {
                BufferedImage image = new BufferedImage(70, 64, BufferedImage.TYPE_INT_RGB);
                for (int y = 0; y < 64; y++) {
                    for (int x = 0; x < 70; x++) {
                        image.setRGB(x, y, colour + random.nextInt(0x10) * 0x010101);
                    }
                }
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
        return classes;
    }

    @ParameterizedTest
    @EnumSource(
            value = Family.class,
            names = {"RESNET_BASIC", "CONVNEXT", "CONVNEXT_V2"})
    void coloursAreToldByRandomFeatures(Family family) throws IOException {
        Probe probe =
                Probe.of(
                        encoder(family),
                        classes(0x200000, 0x0000c0, 0xc0c0c0),
                        4,
                        0,
                        done -> assertThat(done).isBetween(1, 3 * EACH));
        assertThat(probe.pictures()).isEqualTo(3 * EACH);
        assertThat(probe.classes()).isEqualTo(3);
        assertThat(probe.embeddingSize()).isEqualTo(24);
        assertThat(probe.chance()).isCloseTo(1.0 / 3, within(1e-9));
        assertThat(probe.nearest().folds()).hasSize(4);
        assertThat(probe.nearest().mean()).isEqualTo(1);
        assertThat(probe.linear().mean()).isEqualTo(1);
        assertThat(probe.linear().spread()).isZero();
    }

    @Test
    void oneClassTooFewPicturesAndNoFolderAreNamed() throws IOException {
        Path encoder = encoder(Family.CONVNEXT);
        requireFailure(encoder, folder.resolve("none"), 4, "none is not a folder");
        requireFailure(encoder, Files.createDirectory(folder.resolve("empty")), 4, "has no folder");
        Path classes = classes(0x200000);
        requireFailure(encoder, classes, 4, "has one folder in it", "at least two");
        Files.createDirectory(classes.resolve(".hidden"));
        requireFailure(encoder, classes, 4, "has one folder in it");
        Path few = Files.createDirectory(classes.resolve("few"));
        Files.copy(classes.resolve("200000/0.png"), few.resolve("0.png"));
        requireFailure(encoder, classes, 4, "few has 1 pictures; expected at least 4");
    }

    @Test
    void picturesThatCannotBeUsedAndFileThatIsNoEncoderAreNamed() throws IOException {
        Path classes = classes(0x200000, 0x0000c0, 0xc0c0c0);
        Files.writeString(classes.resolve("notes.txt"), "of no class");
        Path bad = Files.writeString(classes.resolve("200000/bad.png"), "not a picture");
        Path worse = Files.writeString(classes.resolve("c0c0c0/bad.txt"), "not a picture");
        requireFailure(
                encoder(Family.CONVNEXT),
                classes,
                4,
                bad.toString(),
                "take it out of its folder\n" + worse);
        for (int i = 0; i < 25; i++) {
            Files.writeString(classes.resolve("c0/bad" + i), "not a picture");
        }
        requireFailure(encoder(Family.CONVNEXT), classes, 4, "\nand 7 more");
        Files.delete(bad);
        requireFailure(classes.resolve("c0/0.png"), classes, 4, "0.png");
        requireFailure(folder.resolve("none.safetensors"), classes, 4, "none.safetensors");
    }

    private static void requireFailure(Path encoder, Path folder, int folds, String... expected) {
        assertThatThrownBy(() -> Probe.of(encoder, folder, folds, 0, done -> {}))
                .isInstanceOf(OperationException.class)
                .hasMessageContainingAll(expected);
    }
}
