package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.operations.console.Json;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchMaskingCommandTest {
    @TempDir Path folder;

    @Test
    void theLastLineIsAnObjectWithTheCostOfEachStage() throws IOException {
        BufferedImage image = new BufferedImage(70, 50, BufferedImage.TYPE_INT_RGB);
        ImageIO.write(image, "jpg", folder.resolve("a.jpg").toFile());
        ImageIO.write(image, "png", folder.resolve("b.png").toFile());
        Files.writeString(folder.resolve("c.txt"), "no image");

        Cli run =
                Cli.run(
                        "bench",
                        "masking",
                        "--images",
                        folder.toString(),
                        "--passes",
                        "2",
                        "--set",
                        "masking.views=2");

        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode figures =
                Json.MAPPER.readTree(
                        run.out().lines().reduce((before, last) -> last).orElseThrow());
        assertThat(figures.path("images").asInt()).isEqualTo(2);
        assertThat(figures.path("refused").asInt()).isEqualTo(1);
        assertThat(figures.path("imagesPerSecond").asDouble()).isPositive();
        // Two views of 224 x 224 x 3 bytes, and where they are from.
        assertThat(figures.path("bytesPerImage").asDouble()).isBetween(301_056.0, 303_000.0);
        assertThat(figures.path("stages").path("decode").asDouble()).isPositive();
        assertThat(figures.path("stages").path("mask").asDouble()).isPositive();
    }

    @Test
    void aFolderWithoutPicturesIsNamed() {
        Cli run = Cli.run("bench", "masking", "--images", folder.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains(folder.toString(), "holds no image");
    }

    @Test
    void aFolderThatDoesNotExistIsWrongUse() {
        Cli run = Cli.run("bench", "masking", "--images", folder.resolve("none").toString());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("none: not a folder");
    }
}
