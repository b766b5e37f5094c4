package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.images.TestImages;
import io.kiln.local.ListeningSockets;
import io.kiln.local.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./kiln demo} as a stranger runs it. */
class DemoIT {
    private static final int STEPS = 12;
    private static final int RESUMED_STEPS = 100;
    private static final int BATCH = 8;
    private static final int MOST_LOOKS = 2000; // ten minutes, where a quiet machine needs one
    private static final Pattern PORT = Pattern.compile("127\\.0\\.0\\.1:(\\d+)");

    /** Of Flink; not the one that a cluster takes by default, which another test may start now. */
    private final String port = Integer.toString(Ports.free());

    @TempDir private Path folder;

    private Launcher kiln;

    @BeforeEach
    void launcher() {
        kiln = new Launcher(folder);
    }

    /** Starts the demo with a small network. */
    private Launcher.Running demo(Path work, String... more) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("demo", "--port", port, "--work-dir", work.toString()));
        arguments.addAll(List.of(more));
        for (String setting :
                List.of(
                        "masking.batchSize=" + BATCH,
                        "model.widths=[16, 32, 64, 128]",
                        "model.stem=16")) {
            arguments.addAll(List.of("--set", setting));
        }
        return kiln.start(arguments.toArray(String[]::new));
    }

    /** Sixty pictures, and two files that become dead letters. */
    private Path pictures() throws IOException {
        Path pictures = folder.resolve("pictures");
        TestImages.writeJpegs(pictures, 60);
        Files.write(pictures.resolve("half.jpg"), TestImages.truncatedJpeg(80, 1));
        Files.writeString(pictures.resolve("text.jpg"), "not a picture");
        return pictures;
    }

    @Test
    void itEndsWithItsFilesAndLeavesNothingRunning() throws Exception {
        Path pictures = pictures();
        Path work = folder.resolve("Lauf 1, für 图像");
        Launcher.Running running =
                demo(
                        work,
                        "--steps",
                        "" + STEPS,
                        "--images",
                        pictures.toString(),
                        "--set",
                        "evaluation.holdoutShare=0.2");
        Set<ListeningSockets.Socket> sockets = socketsUntilItEnds(running.process());
        Launcher.Result run = running.await(Duration.ofSeconds(1));
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.complaints()).isEmpty();
        assertThat(run.out())
                .contains("2 dead letters")
                .contains("half.jpg: TRUNCATED")
                .contains("text.jpg: NOT_AN_IMAGE");
        assertThat(sockets)
                .as("broker, controller, registry, Flink's page, its blob server")
                .hasSizeGreaterThanOrEqualTo(5)
                .allMatch(ListeningSockets.Socket::isLoopback);
        requireAllAccountedFor(run.out());
        requireFiles(work);
        requireNothingLeft(work, run.out());
    }

    private static Set<ListeningSockets.Socket> socketsUntilItEnds(Process demo) throws Exception {
        Set<ListeningSockets.Socket> sockets = new HashSet<>();
        for (int i = 0; i < MOST_LOOKS && !demo.waitFor(300, TimeUnit.MILLISECONDS); i++) {
            sockets.addAll(ListeningSockets.of(demo.toHandle()));
        }
        return sockets;
    }

    private static void requireAllAccountedFor(String out) {
        Matcher images =
                Pattern.compile(
                                "([\\d,]+) sent = ([\\d,]+) trained on \\+ ([\\d,]+) held out \\+ 2"
                                        + " dead letters")
                        .matcher(out);
        assertThat(images.find()).as(out).isTrue();
        int sent = number(images.group(1));
        int trained = number(images.group(2));
        int heldOut = number(images.group(3));
        assertThat(sent).isEqualTo(trained + heldOut + 2).isGreaterThanOrEqualTo(62);
        assertThat(heldOut).isPositive();
        assertThat(out)
                .containsPattern("evaluation v\\d+: holdout loss \\d\\.\\d{3} on \\d+ images")
                .contains("effective rank");
    }

    private static int number(String grouped) {
        return Integer.parseInt(grouped.replace(",", ""));
    }

    private static void requireFiles(Path work) throws IOException {
        assertThat(work.resolve("report.html"))
                .content()
                .contains("data:image/png", "half.jpg", "<svg")
                .doesNotContain("No version has been measured");
        assertThat(work.resolve("reconstructions.png")).isNotEmptyFile();
        List<String> lines = Files.readAllLines(work.resolve("events.jsonl"));
        assertThat(lines).hasSizeGreaterThanOrEqualTo(2);
        JsonNode last = new ObjectMapper().readTree(lines.get(lines.size() - 1));
        assertThat(last.path("step").asLong()).isGreaterThanOrEqualTo(STEPS);
        assertThat(last.path("version").asInt()).isEqualTo(lines.size());
        try (Stream<Path> files = Files.walk(work.resolve("artifacts"))) {
            assertThat(files.filter(f -> f.endsWith("model.safetensors"))).hasSameSizeAs(lines);
        }
        assertThat(work.resolve("kafka")).doesNotExist();
        assertThat(work.resolve("flink")).doesNotExist();
    }

    private static void requireNothingLeft(Path work, String out) {
        assertThat(ProcessHandle.allProcesses())
                .noneMatch(
                        process ->
                                process.info()
                                        .commandLine()
                                        .filter(line -> line.contains(work.toString()))
                                        .isPresent());
        Matcher ports = PORT.matcher(out);
        int found = 0;
        while (ports.find()) {
            found++;
            assertThat(Ports.isOpen(Integer.parseInt(ports.group(1)))).as(ports.group()).isFalse();
        }
        assertThat(found).isEqualTo(3);
    }

    @Test
    void whenItIsAskedToEndItsReportEndsTooAndNothingRuns() throws Exception {
        Path work = folder.resolve("work");
        Launcher.Running running = demo(work, "--set", "evaluation.holdoutShare=0");
        awaitLine(running, "checkpoint v1");
        running.process().destroy();
        Launcher.Result run = running.await(Duration.ofMinutes(2));
        assertThat(run.exitCode()).isEqualTo(128 + 15);
        assertThat(run.complaints()).isEmpty();
        assertThat(run.out())
                .contains("stopped    after ", work.resolve("report.html").toString())
                .doesNotContain("evaluation");
        assertThat(work.resolve("report.html"))
                .content()
                .contains("Stopped after ", "by Ctrl-C or a signal")
                .doesNotContain("http-equiv");
        requireNothingLeft(work, run.out());
    }

    @Test
    void interruptedAndKilledItIsResumedAndAccountsForEveryImage() throws Exception {
        Path pictures = pictures();
        Path work = folder.resolve("Lauf 2, für 図");
        // as in a terminal: a group of its own, and not the ignored signal of a build in the
        // background
        kiln = kiln.withPrefix(List.of("env", "--default-signal=INT", "setsid"));
        Launcher.Running interrupted =
                demo(
                        work,
                        "--steps",
                        "" + RESUMED_STEPS,
                        "--images",
                        pictures.toString(),
                        "--set",
                        "evaluation.holdoutShare=0.2");
        awaitLine(interrupted, "checkpoint v1");
        String group = "-" + interrupted.process().pid();
        new ProcessBuilder("kill", "-INT", "--", group).start().waitFor();
        Launcher.Result stopped = interrupted.await(Duration.ofMinutes(2));
        assertThat(stopped.exitCode()).isEqualTo(128 + 2);
        assertThat(stopped.out())
                .contains("stopped    after ", "kiln demo --resume --work-dir '" + work + "'");
        requireNothingLeft(work, stopped.out());
        requireRefusal(1, "with --resume", "demo", "--work-dir", work.toString());
        String[] resume = {"demo", "--resume", "--port", port, "--work-dir", work.toString()};
        requireRefusal(2, "leave --steps out", append(resume, "--steps", "7"));

        Launcher.Running killed = kiln.start(resume);
        awaitLine(killed, "checkpoint v2");
        killed.process().destroyForcibly().waitFor();

        Launcher.Result run = kiln.run(resume);
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.complaints()).isEmpty();
        assertThat(run.out())
                .containsPattern("steps +\\d+, \\d+ of them in \\d+ s since resuming")
                .containsPattern("\\d:\\d\\d  resuming")
                .doesNotContain("  step 0/");
        requireAllAccountedFor(run.out());
        requireFiles(work);
        requireNothingLeft(work, run.out());
        assertThat(work.resolve("report.html"))
                .content()
                .contains("since resuming")
                .containsPattern("Resumed after step \\d+\\. Resumed after step \\d+\\.");
        List<String> steps = Files.readAllLines(work.resolve("steps.csv"));
        assertThat(steps).as("a heading, and each step once").hasSizeGreaterThan(RESUMED_STEPS);
        assertThat(steps.stream().skip(1).map(line -> line.split(",")[0]))
                .containsExactlyElementsOf(
                        IntStream.range(1, steps.size()).mapToObj(String::valueOf).toList());
    }

    private static void awaitLine(Launcher.Running running, String line) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(4))
                .until(() -> Files.readString(running.out()).contains(line));
    }

    private static String[] append(String[] arguments, String... more) {
        return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void mistakesAreToldInOneLineBeforeAnythingStarts() throws Exception {
        requireRefusal(
                1,
                "--images " + folder.resolve("none"),
                "demo",
                "--images",
                folder.resolve("none").toString());
        requireRefusal(2, "maskratio: unknown key", "demo", "--set", "masking.maskratio=0.5");
        requireRefusal(2, "--size: 50 is not allowed", "demo", "--size", "50");
        requireRefusal(1, "not a demo's", "demo", "--work-dir", folder.toString());
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String used = Integer.toString(taken.getLocalPort());
            requireRefusal(1, "port " + used + " is in use", "demo", "--port", used);
        }
    }

    private void requireRefusal(int exitCode, String message, String... arguments)
            throws IOException, InterruptedException {
        Launcher.Result run = kiln.run(arguments);
        assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
        assertThat(run.out()).isEmpty();
        assertThat(run.complaints().lines().findFirst().orElse(""))
                .startsWith("kiln: ")
                .contains(message);
        assertThat(run.complaints().lines().count()).as(run.err()).isLessThanOrEqualTo(2);
    }
}
