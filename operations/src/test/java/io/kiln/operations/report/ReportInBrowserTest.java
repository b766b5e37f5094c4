package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.TestRecords;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A report as a browser shows it. Runs where {@code kiln.chromium} names the program; with {@code
 * kiln.figures.write=true} the pictures go to docs/figures.
 */
@EnabledIfSystemProperty(named = "kiln.chromium", matches = ".+")
class ReportInBrowserTest {
    private static final int STEPS = 3000;
    private static final int VERSIONS = 10;
    private static final Pattern WIDTH = Pattern.compile("<title>(\\d+) of (\\d+)</title>");

    @TempDir private Path folder;

    /** A made-up run: a loss that falls, a failure, and an upgrade. */
    private static RunHistory run(String name, long seed, double floor) {
        Random random = new Random(seed);
        List<StepPoint> steps = new ArrayList<>();
        for (int step = 1; step <= STEPS; step++) {
            double loss = floor + (1 - floor) * Math.exp(-5.0 * step / STEPS);
            steps.add(
                    new StepPoint(
                            Records.BEGIN.plusSeconds(step).toEpochMilli(),
                            step,
                            64L * step,
                            64,
                            false,
                            loss + 0.03 * random.nextGaussian(),
                            0.002 * Math.min(1, step / 300.0),
                            0.04,
                            1 + 0.2 * random.nextDouble(),
                            0.7,
                            85 + 4 * random.nextGaussian(),
                            0.1 * random.nextDouble(),
                            0,
                            step));
        }
        List<CheckpointEvent> events = new ArrayList<>();
        Map<Long, Evaluation> evaluations = new HashMap<>();
        for (long version = 1; version <= VERSIONS; version++) {
            long step = version * STEPS / VERSIONS;
            double loss = floor + (1 - floor) * Math.exp(-4.7 * step / STEPS);
            events.add(
                    TestRecords.event("tiny", name, version, step).setTrainingLoss(loss).build());
            evaluations.put(
                    version, Records.evaluation(version, step, loss + 0.03, 40 + 6 * version));
        }
        return new RunHistory(
                new RunName("tiny", name),
                steps,
                events,
                List.of(
                        new Interruption(Records.BEGIN, 750, 14, Duration.ofSeconds(23)),
                        new Interruption(Records.BEGIN, 2130, 0, Duration.ofSeconds(41))),
                evaluations,
                Map.of(),
                ConfigKeys.of(KilnConfig.parse("", List.of("masking.seed=" + seed))));
    }

    private Path page(RunHistory... runs) throws Exception {
        String html =
                DeploymentReport.html(
                        KilnConfig.defaults(),
                        new RunReading(
                                List.of(runs),
                                List.of(Records.deadLetter("file:/p/half.jpg", "TRUNCATED", "")),
                                List.of()),
                        Instant.parse("2026-01-02T05:00:00Z"),
                        0);
        return Files.writeString(folder.resolve("report.html"), html);
    }

    private String chromium(int width, int height, String... more) throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                System.getProperty("kiln.chromium"),
                                "--headless",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--hide-scrollbars",
                                "--user-data-dir=" + folder.resolve("profile"),
                                "--window-size=" + width + "," + height));
        command.addAll(List.of(more));
        Path out = folder.resolve("out");
        Process process =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(folder.resolve("err").toFile())
                        .start();
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("chromium does not end");
        }
        return Files.readString(out);
    }

    @ParameterizedTest
    @CsvSource({"390, 844", "1280, 900"})
    void nothingIsWiderThanTheScreen(int width, int height) throws Exception {
        Path page = page(run("one", 1, 0.42), run("two", 2, 0.5));
        Files.writeString(page, Files.readString(page).replace("<details>", "<details open>"));
        Path probe = // windows are at least 500 pixels wide, frames are not
                Files.writeString(
                        folder.resolve("probe.html"),
                        String.format(
                                "<iframe style='border: 0; width: %dpx; height: %dpx' src='%s'"
                                        + " onload='let page = this.contentDocument.documentElement;"
                                        + " document.title = page.scrollWidth + \" of \" +"
                                        + " page.clientWidth'></iframe>",
                                width, height, page.toUri()));
        Matcher found =
                WIDTH.matcher(
                        chromium(
                                1400,
                                height,
                                "--allow-file-access-from-files",
                                "--virtual-time-budget=5000",
                                "--dump-dom",
                                "" + probe.toUri()));
        assertThat(found.find()).as("the page was measured").isTrue();
        assertThat(Integer.parseInt(found.group(2))).isEqualTo(width);
        assertThat(Integer.parseInt(found.group(1))).isLessThanOrEqualTo(width);
    }

    @Test
    void thePageIsDrawn() throws Exception {
        Path page = page(run("one", 1, 0.42));
        picture(page, 1280, 900, "report.png");
        picture(page, 390, 844, "report-phone.png", "--blink-settings=preferredColorScheme=0");
        picture(page(run("one", 1, 0.42), run("two", 2, 0.5)), 1280, 900, "report-two-runs.png");
    }

    private void picture(Path page, int width, int height, String name, String... more)
            throws Exception {
        Path target =
                Boolean.getBoolean("kiln.figures.write")
                        ? Path.of("..", "docs", "figures", name)
                        : folder.resolve(name);
        List<String> options = new ArrayList<>(List.of(more));
        options.add("--screenshot=" + target.toAbsolutePath());
        options.add("" + page.toUri());
        chromium(width, height, options.toArray(String[]::new));
        var picture = javax.imageio.ImageIO.read(target.toFile());
        assertThat(picture.getWidth()).isEqualTo(width);
        assertThat(picture.getHeight()).isEqualTo(height);
        Map<Integer, Integer> colours = new HashMap<>();
        for (int y = 0; y < height; y += 3) {
            for (int x = 0; x < width; x += 3) {
                colours.merge(picture.getRGB(x, y), 1, Integer::sum);
            }
        }
        assertThat(colours).as("colours of " + name).hasSizeGreaterThan(100);
    }
}
