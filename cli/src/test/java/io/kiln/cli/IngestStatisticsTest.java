package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.InputConfig;
import io.kiln.config.KilnConfig;
import io.kiln.config.ValueRange;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IngestStatisticsTest {
    @TempDir private Path folder;

    private void write(String name, int type, int first, int step) throws IOException {
        BufferedImage image = new BufferedImage(10, 10, type);
        for (int i = 0; i < 100; i++) {
            int value = first + i * step;
            image.getRaster().setPixel(i % 10, i / 10, new int[] {value, value, value});
        }
        ImageIO.write(image, "png", folder.resolve(name).toFile());
    }

    @Test
    void whatIsPrintedIsASectionThatSuitsTheImages() throws IOException {
        write("depth.png", BufferedImage.TYPE_USHORT_GRAY, 400, 10);
        Files.writeString(folder.resolve("notes.txt"), "no image");
        Cli run = Cli.run("ingest", "--statistics", folder.toString());
        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).contains("notes.txt: cannot be trained on");
        assertThat(run.out()).contains("# 1 image, 100 pixels, values of 16 bits");
        InputConfig input = KilnConfig.parse(run.out(), List.of()).input();
        assertThat(input.sampleType()).isEqualTo(InputConfig.SampleType.UINT16);
        assertThat(input.valueRange()).hasSize(3).containsOnly(new ValueRange(400, 1390));
        assertThat(input.mean()).containsOnly(0.5);
        assertThat(input.std()).containsOnly(0.291576);
    }

    @Test
    void bytesKeepTheirTypeAndNeedNoRange() throws IOException {
        write("grey.png", BufferedImage.TYPE_BYTE_GRAY, 0, 2);
        Cli run = Cli.run("ingest", "--statistics", folder.toString());
        InputConfig input = KilnConfig.parse(run.out(), List.of()).input();
        assertThat(input.sampleType()).isEqualTo(InputConfig.SampleType.UINT8);
        assertThat(input.valueRange()).isEmpty();
        assertThat(input.mean()).containsOnly(0.388235);
    }

    @Test
    void refusedFilesAreWrittenByName() throws IOException {
        write("grey.png", BufferedImage.TYPE_BYTE_GRAY, 0, 2);
        Files.writeString(folder.resolve("notes.txt"), "no image");
        Path file = folder.resolveSibling(folder.getFileName() + ".jsonl");
        Cli run =
                Cli.run("ingest", "--statistics", "--refused", file.toString(), folder.toString());
        assertThat(run.exitCode()).isZero();
        assertThat(Files.readAllLines(file))
                .singleElement()
                .satisfies(
                        line ->
                                assertThat(line)
                                        .contains("notes.txt\"", "\"reason\":\"NOT_USABLE\""));
        Files.delete(file);
    }

    @Test
    void folderWithoutImagesIsAnError() {
        Cli run = Cli.run("ingest", "--statistics", folder.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("no image could be measured");
    }
}
