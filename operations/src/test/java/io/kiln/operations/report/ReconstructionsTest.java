package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.operations.report.Reconstructions.Column;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReconstructionsTest {
    private static final int SIDE = 8;

    @TempDir private Path folder;

    /** As a demo does after Ctrl-C; ImageIO's cache files need a shutdown hook of their own. */
    @Test
    void aProcessThatEndsStillReadsThem() throws Exception {
        Path sheet = folder.resolve("sheet.png");
        ImageIO.write(
                new BufferedImage(3 * SIDE + 2, SIDE, BufferedImage.TYPE_INT_RGB),
                "png",
                sheet.toFile());
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Djava.awt.headless=true",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Ending.class.getName(),
                                sheet.toString())
                        .redirectErrorStream(true)
                        .start();
        String printed =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(printed).startsWith("data:image/png;base64,");
    }

    /** A process that reads a sheet when it ends. */
    static final class Ending {
        private Ending() {}

        public static void main(String[] args) {
            Path sheet = Path.of(args[0]);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> print(System.out, sheet)));
        }

        private static void print(PrintStream out, Path sheet) {
            try {
                out.println(Reconstructions.read(sheet, SIDE, SIDE).picture(0, Column.INPUT));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
