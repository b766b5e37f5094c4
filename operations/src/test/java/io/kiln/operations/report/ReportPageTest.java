package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.schemas.CheckpointEvent;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportPageTest {
    private static final int SIDE = 64;
    private static final int GAP = 4;

    private final KilnConfig config =
            KilnConfig.parse("", List.of("input.height=" + SIDE, "input.width=" + SIDE));

    @TempDir private Path folder;

    @Test
    void thePageNeedsNoOtherFile() throws IOException {
        String page = write(true, List.of(), Map.of(1L, sheet(2, 1)), Records.event(1, 10));
        assertThat(page)
                .doesNotContain("<script")
                .doesNotContain("<link")
                .doesNotContainPattern("(src|href)=\"(?!data:)");
    }

    @Test
    void picturesAreTheRightPartsOfTheSheets() throws IOException {
        Map<Long, Path> sheets = Map.of(1L, sheet(2, 1), 2L, sheet(2, 2));
        String page = write(false, List.of(), sheets, Records.event(1, 10), Records.event(2, 20));
        List<BufferedImage> pictures = pictures(page);
        // Two rows of: input, masked, then a reconstruction of each checkpoint.
        assertThat(pictures).hasSize(2 * 4);
        assertThat(pictures)
                .allSatisfy(p -> assertThat(p.getWidth() * p.getHeight()).isEqualTo(SIDE * SIDE));
        assertThat(pictures.stream().map(p -> p.getRGB(0, 0) & 0xffffff))
                .containsExactly(
                        colour(2, 0, 0),
                        colour(2, 0, 1),
                        colour(1, 0, 2),
                        colour(2, 0, 2),
                        colour(2, 1, 0),
                        colour(2, 1, 1),
                        colour(1, 1, 2),
                        colour(2, 1, 2));
    }

    @Test
    void manyCheckpointsShowTheFirstTheLastAndSomeBetween() throws IOException {
        Map<Long, Path> sheets = new HashMap<>();
        CheckpointEvent[] events = new CheckpointEvent[20];
        for (int version = 1; version <= events.length; version++) {
            sheets.put((long) version, sheet(1, version));
            events[version - 1] = Records.event(version, version * 10L);
        }
        String page = write(false, List.of(), sheets, events);
        assertThat(pictures(page)).hasSize(2 + 6);
        assertThat(page).contains("<th>v1<br>step 10</th>").contains("<th>v20<br>step 200</th>");
    }

    @Test
    void whatCameFromOutsideCannotBecomeMarkup() throws IOException {
        String hostile = "file:/x/<script>alert('&\"')</script>.jpg";
        String page =
                write(false, List.of(Records.deadLetter(hostile, "truncated", "<b>")), Map.of());
        assertThat(page)
                .doesNotContain("<script>alert")
                .doesNotContain("<b></td>")
                .contains("&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;");
    }

    @Test
    void onlyTheReportOfARunThatGoesOnLoadsItselfAnew() throws IOException {
        assertThat(write(true, List.of(), Map.of())).contains("http-equiv=\"refresh\"");
        assertThat(write(false, List.of(), Map.of())).doesNotContain("http-equiv");
    }

    @Test
    void configurationMarksWhatIsNotTheDefault() throws IOException {
        String page = write(false, List.of(), Map.of());
        assertThat(page)
                .contains(
                        "<tr class=\"changed\"><td><code>input.height</code>",
                        "<td><code>64</code></td><td><code>224</code></td>")
                .contains("<tr><td><code>training.optimiser.clipNorm</code>");
    }

    @Test
    void interruptionsStandAmongTheEventsInTheOrderOfTheSteps() throws IOException {
        RunHistory run =
                new RunHistory(
                        Records.NAME,
                        Records.steps(30),
                        List.of(Records.event(1, 10), Records.event(2, 20)),
                        List.of(
                                new Interruption(
                                        Records.BEGIN.plusSeconds(60),
                                        14,
                                        4,
                                        Duration.ofSeconds(9))),
                        Map.of(1L, Records.evaluation(1, 10, 0.8125, 17.5)),
                        Map.of(),
                        List.of());
        String page = page(0, List.of(), run);
        assertThat(page)
                .containsSubsequence(
                        "<td>v1</td>",
                        "<td>0.8125</td><td>17.5</td>",
                        "class=\"interrupted\"",
                        "4 steps taken again from step 15 on, 9 s later",
                        "<td>v2</td>")
                .contains("line class=\"interruption\"")
                .contains("too few held-out images to compare")
                .doesNotContain("No version has been measured");
    }

    @Test
    void legendsHaveWhatTheChartsHave() throws IOException {
        String each = "<i class=\"key raw\"></i>each step";
        String event = "<i class=\"key event\"></i>checkpoint event";
        String interruption = "</i>interruption";
        String heldOut = "</i>held out, newest";
        Interruption interrupted =
                new Interruption(Records.BEGIN.plusSeconds(9), 14, 0, Duration.ofSeconds(9));
        RunHistory whole =
                new RunHistory(
                        Records.NAME,
                        Records.steps(30),
                        List.of(Records.event(1, 10)),
                        List.of(interrupted),
                        Map.of(1L, Records.evaluation(1, 10, 0.8, 17)),
                        Map.of(),
                        List.of());
        assertThat(page(0, List.of(), whole))
                .contains(each, event, interruption, heldOut)
                .doesNotContain("</i>alarm");
        assertThat(page(0, List.of(), Records.history(Records.steps(30), Records.event(1, 10))))
                .contains(each, event)
                .doesNotContain(interruption, heldOut);
        assertThat(page(0, List.of(), Records.history(List.of())))
                .doesNotContain("<p class=\"legend\">");
        assertThat(page(0, List.of(), whole, whole))
                .contains(each, heldOut)
                .doesNotContain(event, interruption);
    }

    @Test
    void severalRunsShareTheChartsAndDifferencesAreMarked() throws IOException {
        RunHistory one = configured("one", "masking.maskRatio=0.75");
        RunHistory two = configured("two", "masking.maskRatio=0.5");
        String page = page(0, List.of(), one, two);
        assertThat(page)
                .contains("smooth run0", "smooth run1", "tiny/one", "tiny/two")
                .contains("<tr class=\"changed differs\"><td><code>masking.maskRatio</code>")
                .contains("<td><code>0.75</code></td><td><code>0.5</code></td>")
                .doesNotContain("class=\"differs\"><td><code>masking.seed</code>");
    }

    private static RunHistory configured(String run, String override) {
        return new RunHistory(
                new RunName("tiny", run),
                Records.steps(30),
                List.of(),
                List.of(),
                Map.of(),
                Map.of(),
                ConfigKeys.of(KilnConfig.parse("", List.of(override))));
    }

    @Test
    void aSheetOfAnotherShapeIsNamed() throws IOException {
        Path small = folder.resolve("small.png");
        ImageIO.write(new BufferedImage(10, 10, BufferedImage.TYPE_INT_RGB), "png", small.toFile());
        assertThatThrownBy(() -> write(false, List.of(), Map.of(1L, small), Records.event(1, 1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("small.png");
    }

    private String write(
            boolean running,
            List<DeadLetterRecord> deadLetters,
            Map<Long, Path> pictures,
            CheckpointEvent... events)
            throws IOException {
        return page(
                running ? 5 : 0,
                deadLetters,
                new RunHistory(
                        Records.NAME,
                        Records.steps(30),
                        List.of(events),
                        List.of(),
                        Map.of(),
                        pictures,
                        ConfigKeys.of(config)));
    }

    private static String page(
            int refreshSeconds, List<DeadLetterRecord> deadLetters, RunHistory... runs)
            throws IOException {
        return ReportPage.html(
                new ReportPage.Frame(
                        "Title",
                        "Summary",
                        List.of(new Figure("1", "one")),
                        List.of(),
                        "Footer",
                        refreshSeconds),
                List.of(runs),
                deadLetters);
    }

    /** A sheet whose every picture is of one colour that names it. */
    private Path sheet(int rows, int version) throws IOException {
        BufferedImage sheet =
                new BufferedImage(
                        3 * (SIDE + GAP) - GAP,
                        rows * (SIDE + GAP) - GAP,
                        BufferedImage.TYPE_INT_RGB);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < 3; column++) {
                for (int y = 0; y < SIDE; y++) {
                    for (int x = 0; x < SIDE; x++) {
                        sheet.setRGB(
                                column * (SIDE + GAP) + x,
                                row * (SIDE + GAP) + y,
                                colour(version, row, column));
                    }
                }
            }
        }
        Path file = folder.resolve("sheet-" + version + ".png");
        ImageIO.write(sheet, "png", file.toFile());
        return file;
    }

    private static int colour(int version, int row, int column) {
        return version << 16 | row << 8 | column;
    }

    private static List<BufferedImage> pictures(String page) throws IOException {
        List<BufferedImage> pictures = new ArrayList<>();
        Matcher matcher = Pattern.compile("data:image/png;base64,([^\"]+)\"").matcher(page);
        while (matcher.find()) {
            byte[] png = Base64.getDecoder().decode(matcher.group(1));
            pictures.add(ImageIO.read(new ByteArrayInputStream(png)));
        }
        return pictures;
    }
}
